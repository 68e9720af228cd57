import { describe, expect, it } from 'vitest';
import type { FileSystem } from './v86-internals.ts';
import { WaitingFiles, type WrittenFile } from './written-files.ts';

/** Files 1 to `count`, each of as many bytes as its number, and which of them were read. */
function waiting(count: number) {
  const read: number[] = [];
  const files: WrittenFile[] = Array.from({ length: count }, (_, index) => ({
    inode: index + 1,
    sizeBytes: index + 1,
    read: () => {
      read.push(index + 1);
      return new Uint8Array(index + 1).fill(index + 1);
    },
  }));
  const data: Record<number, Uint8Array> = {};
  return { data, read, waits: new WaitingFiles({ inodedata: data } as FileSystem, files) };
}
const noBreak = (): Promise<void> => Promise.resolve();

describe('written files in a machine that was restored', () => {
  it('are read once, when they are first wanted', () => {
    const { data, read } = waiting(3);
    expect(read).toEqual([]);
    expect(data[2]).toEqual(Uint8Array.of(2, 2));
    expect(data[2]).toBe(data[2]);
    expect(read).toEqual([2]);
  });

  it('are all there for who lists them', () => {
    const { data } = waiting(3);
    expect(Object.entries(data).map(([inode, bytes]) => [inode, bytes.byteLength])).toEqual([
      ['1', 1],
      ['2', 2],
      ['3', 3],
    ]);
  });

  it('are read in the background but for those that were read, replaced or removed', async () => {
    const { data, read, waits } = waiting(5);
    expect(data[1]?.byteLength).toBe(1);
    data[2] = Uint8Array.of(9);
    delete data[3];
    await waits.readAll(noBreak);
    expect(read).toEqual([1, 4, 5]);
    expect(data).toEqual({
      1: Uint8Array.of(1),
      2: Uint8Array.of(9),
      4: new Uint8Array(4).fill(4),
      5: new Uint8Array(5).fill(5),
    });
    await waits.readAll(noBreak);
    expect(read).toEqual([1, 4, 5]);
  });

  it('do not come back when one was removed and written anew', async () => {
    const { data, waits } = waiting(1);
    delete data[1];
    data[1] = Uint8Array.of(7);
    await waits.readAll(noBreak);
    expect(data[1]).toEqual(Uint8Array.of(7));
  });

  it('may change while they are being read', async () => {
    const { data, read, waits } = waiting(2000);
    let breaks = 0;
    await waits.readAll(async () => {
      breaks += 1;
      data[2000] = Uint8Array.of(1);
      await noBreak();
    });
    expect(data[2000]?.byteLength).toBe(breaks > 0 ? 1 : 2000);
    expect(new Set(read).size).toBe(read.length);
  });
});
