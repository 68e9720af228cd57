import { describe, expect, it } from 'vitest';
import type { ImageId, StateId, VmId } from '../../shared/model/ids.ts';
import type { SnapshotSummary } from '../../shared/model/state.ts';
import { savedStates } from './recovery-handlers.ts';

const VM = { id: 'vm-1' as VmId, imageId: 'tiny' as ImageId, memoryMib: 64 };
const at = (minute: number): string => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
const snapshot = (minute: number, changes: Partial<SnapshotSummary> = {}): SnapshotSummary => ({
  id: `s-${minute}` as StateId,
  name: 'Checkpoint',
  note: '',
  tags: [],
  isProtected: false,
  madeBy: 'timer',
  vmId: VM.id,
  vmName: 'build',
  imageId: VM.imageId,
  parent: null,
  createdAt: at(minute),
  memoryMib: 64,
  sizeBytes: 1,
  newBytes: 1,
  damage: null,
  ...changes,
});

describe('savedStates', () => {
  it('offers the newest snapshot that is newer than the head', () => {
    expect(savedStates(VM, at(5), [snapshot(1), snapshot(9), snapshot(7)]).snapshot?.createdAt).toBe(at(9));
    expect(savedStates(VM, null, [snapshot(1)]).snapshot?.createdAt).toBe(at(1));
    expect(savedStates(VM, at(5), [snapshot(1)])).toEqual({ headAt: at(5), snapshot: null });
  });

  it.each([
    ['of another VM', { vmId: 'vm-2' as VmId }],
    ['that is damaged', { damage: 'A bit flipped.' }],
    ['kept before a restore', { madeBy: 'restore' as const }],
    ['of another image', { imageId: 'debian' as ImageId }],
    ['with other memory', { memoryMib: 128 }],
  ])('does not offer one %s', (_what, changes) => {
    expect(savedStates(VM, at(5), [snapshot(9, changes)]).snapshot).toBeNull();
  });
});
