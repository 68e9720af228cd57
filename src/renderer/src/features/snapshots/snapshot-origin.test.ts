import { describe, expect, it } from 'vitest';
import { parseVmId } from '../../../../shared/model/ids.ts';
import { unwrap } from '../../../../shared/result.ts';
import { forkName, snapshotOrigin, unchangedByFork } from './snapshot-origin.ts';

const ofVm = { name: 'before', vmId: unwrap(parseVmId('vm-1')), vmName: 'web' };
const ofCommand = { name: 'with-tool', vmId: null, vmName: 'debian' };

describe('where a snapshot came from', () => {
  it('is the VM it was taken of', () => {
    expect(snapshotOrigin(ofVm)).toBe('from web');
    expect(unchangedByFork(ofVm)).toBe('web');
    expect(forkName(ofVm)).toBe('web fork');
  });

  it('is the command, when no VM is behind it', () => {
    expect(snapshotOrigin(ofCommand)).toBe('from the command, of debian');
    expect(unchangedByFork(ofCommand)).toBe('The snapshot');
    expect(forkName(ofCommand)).toBe('with-tool');
  });
});
