import { copyFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StateId } from '../../shared/model/ids.ts';
import { bytesOf, pagesFrom } from '../pages.fixture.ts';
import { readState } from '../state-store.conformance.ts';
import { flipBit, StoreOnDisk } from '../store.fixture.ts';

const ALL = pagesFrom(1, 64);
const HALF = pagesFrom(1, 32);

describe('cleaning up packs', () => {
  let disk: StoreOnDisk;
  beforeEach(async () => {
    disk = await StoreOnDisk.create();
  });
  afterEach(() => disk.dispose());

  /** As a kill leaves it between the new name of a pack and the end of the old one. @returns both names */
  async function withBothGenerations(): Promise<readonly [string, string]> {
    await disk.save('st-all', ALL);
    await disk.save('st-half', HALF);
    const [old = ''] = await disk.packFiles();
    const copy = path.join(disk.home, 'copy');
    await copyFile(disk.packPath(old), copy);
    await disk.store.remove('st-all' as StateId);
    expect((await disk.store.collect({ dryRun: false })).freedBytes).toBeGreaterThan(30_000);
    await copyFile(copy, disk.packPath(old));
    return [old, old.replace('.0.', '.1.')];
  }

  it('keeps the numbers of pages, so that no map has to be written again', async () => {
    await disk.save('st-all', ALL);
    const half = await disk.save('st-half', [...HALF.filter((page) => page % 3 === 0), ...pagesFrom(40, 16)]);
    await disk.store.remove('st-all' as StateId);
    await disk.store.collect({ dryRun: false });
    const [pack] = (await disk.store.packs.list()).packs;
    if (!pack) throw new Error('the pack is there');
    expect(pack.generation).toBe(1);
    expect(disk.store.packs.tablesSync(pack).pageCount).toBe(64);
    expect(await disk.store.get(half.id)).toEqual(half);
    expect(await disk.store.collect({ dryRun: false })).toEqual({ freedBytes: 0, kept: [] });
  });

  it('counts the newer of two generations, and removes the older', async () => {
    const [, newer] = await withBothGenerations();
    expect((await disk.store.packs.list()).packs.map(({ file }) => file)).toEqual([newer]);
    expect((await disk.store.collect({ dryRun: false })).freedBytes).toBe(0);
    expect(await disk.packFiles()).toEqual([newer]);
  });

  it('does not let an older generation count again when the newer one goes', async () => {
    await withBothGenerations();
    await disk.store.remove('st-half' as StateId);
    await disk.store.collect({ dryRun: false });
    expect(await disk.files()).toEqual(new Map([['copy', expect.any(Number)]]));
  });

  it('keeps an older generation while the newer one is damaged', async () => {
    const [old, newer] = await withBothGenerations();
    await flipBit(disk.packPath(newer), 8 * 40 + 1);
    await flipBit(disk.packPath(newer), 8);
    await disk.store.collect({ dryRun: false });
    expect(await disk.packFiles()).toEqual([old, newer]);
  });

  it('touches no pack while a state cannot say what it needs', async () => {
    await disk.save('st-all', ALL);
    await disk.save('st-half', HALF);
    await disk.store.remove('st-all' as StateId);
    await flipBit(disk.stateFile('st-half', 'pages.map'), 300);
    const before = await disk.files();
    const { freedBytes, kept } = await disk.store.collect({ dryRun: false });
    expect(freedBytes).toBe(0);
    expect(kept).toEqual([
      'Stored pages were left alone, since it could not be read which of them are needed.',
      '“named st-half” has a damaged page map and cannot be loaded. Other snapshots are untouched.',
    ]);
    expect(await disk.files()).toEqual(before);
  });

  it('leaves what a state that was not saved had published: another may have been built on it', async () => {
    // The name of its folder is taken by something that is no folder.
    await writeFile(path.join(disk.home, 'states', '.new-st-no'), '');
    await expect(disk.save('st-no', ALL)).rejects.toThrow();
    const built = await disk.save('st-half', HALF);
    expect((await disk.packFiles()).length).toBe(1);
    expect((await readState(disk.another(), built)).equals(bytesOf(HALF))).toBe(true);
    expect((await disk.store.collect({ dryRun: false })).freedBytes).toBeGreaterThan(30_000);
    expect((await readState(disk.another(), built)).equals(bytesOf(HALF))).toBe(true);
  });

  it('finds pages for states that begin at the same time, though a clean-up came before', async () => {
    await withBothGenerations();
    const saves = ['st-a', 'st-b', 'st-c'].map((id) => disk.save(id, HALF));
    for (const manifest of await Promise.all(saves)) {
      expect((await readState(disk.store, manifest)).equals(bytesOf(HALF))).toBe(true);
    }
    expect(new Set((await disk.packFiles()).map((file) => file.slice(0, 32))).size).toBe(1);
  });
});
