import { describe, expect, it } from 'vitest';
import type { VmId } from '../../../../shared/model/ids.ts';
import { deletionWords, detailsLine, factsLine, makerWords } from './snapshot-words.ts';

const MIB = 1024 * 1024;

describe('what is said of a snapshot', () => {
  it('is when it was taken and what it added', () => {
    const createdAt = '2026-01-02T03:04:05.000Z';
    expect(factsLine({ createdAt, newBytes: 3.1 * MIB }, Date.parse(createdAt))).toBe('just now · adds 3.1 MiB');
  });

  it('is who wanted it, where that was no person', () => {
    expect(makerWords('person')).toBeNull();
    expect(makerWords('timer')).toBe('Taken by the clock');
    expect(makerWords('restore')).toBe('Kept before a restore');
  });

  it('is where it is from, and what it frees as far as that is known', () => {
    const web = 'vm-1' as VmId;
    const snapshot = { madeBy: 'person', name: 'x', vmId: web, vmName: 'web', sizeBytes: 24 * MIB } as const;
    expect(detailsLine(snapshot, undefined, web)).toBe('24 MiB whole');
    expect(detailsLine(snapshot, 2 * MIB, 'vm-2' as VmId)).toBe('from web · 24 MiB whole · frees 2 MiB if deleted');
  });

  it('is what a deletion does to the others', () => {
    expect(deletionWords(undefined, 0, undefined)).not.toMatch(/frees|go on/);
    expect(deletionWords(MIB, 1, 'base')).toMatch(
      /The snapshot that goes on from it stays, now after “base”\. This frees 1 MiB\.$/,
    );
    expect(deletionWords(0, 2, undefined)).toMatch(/The 2 snapshots that go on from it stay\. This frees 0 B\.$/);
  });
});
