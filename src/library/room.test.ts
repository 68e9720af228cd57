import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import type { StateId } from '../shared/model/ids.ts';
import { FailureError } from '../shared/result.ts';
import { freeBytesOf, refuseWithoutRoom, ROOM_MIN_BYTES, type Room } from './room.ts';

const MB = 1_000_000;
const sizes: Record<string, number> = { a: 1 * MB, b: 30 * MB, c: 0, d: 20 * MB, e: 10 * MB, f: 40 * MB };
const room = (freeBytes: number, more: Partial<Room> = {}): Room => ({
  freeBytes: () => Promise.resolve(freeBytes),
  usage: () =>
    Promise.resolve({
      storedBytes: 0,
      statesBytes: 0,
      unneededBytes: 0,
      snapshots: Object.entries(sizes).map(([id, uniqueBytes]) => ({ id: id as StateId, uniqueBytes })),
    }),
  snapshots: () =>
    Promise.resolve(
      Object.keys(sizes).map((id) => ({ id: id as StateId, name: `name ${id}`, isProtected: id === 'f' })),
    ),
  ...more,
});

describe('room to save a machine', () => {
  it('is there down to a limit', async () => {
    const noUsage = { usage: () => Promise.reject(new Error('not asked for while there is room')) };
    await expect(refuseWithoutRoom(room(ROOM_MIN_BYTES, noUsage))).resolves.toBeUndefined();
    await expect(refuseWithoutRoom(room(ROOM_MIN_BYTES - 1))).rejects.toMatchObject({ code: 'disk-full' });
  });

  it('is not there: how much is, and which snapshots to delete, is said', async () => {
    await expect(refuseWithoutRoom(room(12_345_678))).rejects.toMatchObject({
      code: 'disk-full',
      message:
        'Only 12.3 MB of the disk are free, and saving a machine may take 67.1 MB. Nothing was saved, and everything saved before is untouched. Deleting these snapshots would free the most: “name b” (30.0 MB), “name d” (20.0 MB), “name e” (10.0 MB).',
    });
  });

  it('is not there: nor is anything to delete, or that cannot be known now', async () => {
    const message = expect.stringMatching(/untouched\. Free some space elsewhere, then try again\.$/);
    const empty = room(0, { snapshots: () => Promise.resolve([]) });
    await expect(refuseWithoutRoom(empty)).rejects.toMatchObject({ code: 'disk-full', message });
    const damaged = room(0, { usage: () => Promise.reject(new FailureError('damaged', 'A map is damaged.')) });
    await expect(refuseWithoutRoom(damaged)).rejects.toMatchObject({ code: 'disk-full', message });
    const bug = room(0, { usage: () => Promise.reject(new TypeError('x is undefined')) });
    await expect(refuseWithoutRoom(bug)).rejects.toThrow('x is undefined');
  });

  it('is what the file system says', async () => {
    const freeBytes = await freeBytesOf(tmpdir());
    expect(freeBytes).toBeGreaterThan(0);
    expect(freeBytes).toBeLessThan(Number.POSITIVE_INFINITY);
    expect(await freeBytesOf('/nowhere')).toBe(Number.POSITIVE_INFINITY);
  });
});
