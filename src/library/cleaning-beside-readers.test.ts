import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StateId } from '../shared/model/ids.ts';
import type { StateManifest } from '../shared/model/state.ts';
import { bytesOf, pagesFrom } from './pages.fixture.ts';
import { loadState, readState } from './state-store.conformance.ts';
import { StoreOnDisk } from './store.fixture.ts';

/** More than one piece of a state, and blocks that are not all neighbours. */
const KEPT = [...pagesFrom(1, 300).filter((page) => page % 2 === 1), ...pagesFrom(2000, 300)];
const BYTES = bytesOf(KEPT);

describe('cleaning up beside readers', () => {
  let disk: StoreOnDisk;
  let kept: StateManifest;
  let gone: StateManifest;
  beforeEach(async () => {
    disk = await StoreOnDisk.create();
    gone = await disk.save('st-gone', pagesFrom(1, 300));
    kept = await disk.save('st-kept', KEPT, { frontBytes: 100 * 4096 });
  });
  afterEach(() => disk.dispose());

  /** Writes a pack again, and removes one that only the removed state has. */
  async function removeAndCollect(): Promise<void> {
    await disk.save('st-other', pagesFrom(3000, 50));
    for (const id of [gone.id, 'st-other' as StateId]) await disk.store.remove(id);
    const before = await disk.packFiles();
    expect((await disk.another().collect({ dryRun: false })).freedBytes).toBeGreaterThan(0);
    const after = await disk.packFiles();
    expect(after.some((file) => file.includes('.1.pack'))).toBe(true);
    expect(before.some((file) => !after.includes(file))).toBe(true);
  }

  it('a read that has begun goes on, of a state that stays and of one that was removed', async () => {
    const reads = [kept, gone].map((manifest) => disk.store.read(manifest)[Symbol.asyncIterator]());
    const pieces: Uint8Array[][] = [[], []];
    for (const [index, read] of reads.entries()) {
      const { value } = await read.next();
      if (value) pieces[index]?.push(value);
    }
    await removeAndCollect();
    for (const [index, read] of reads.entries()) {
      for (let next = await read.next(); next.done !== true; next = await read.next()) pieces[index]?.push(next.value);
    }
    expect(Buffer.concat(pieces[0] ?? []).equals(BYTES)).toBe(true);
    expect(Buffer.concat(pieces[1] ?? []).equals(bytesOf(pagesFrom(1, 300)))).toBe(true);
  });

  it('a machine that is about to be given its state gets it', async () => {
    const load = await disk.store.load(kept);
    await removeAndCollect();
    const { bytes } = await loadState({ load: () => Promise.resolve(load) }, kept);
    expect(bytes.equals(BYTES)).toBe(true);
  });

  it('pages that are open stay readable', async () => {
    const pages = await disk.store.pages(kept);
    const hashes = Buffer.from(pages.hashes);
    await removeAndCollect();
    for (let page = 0; page < pages.pageCount; page += 1) {
      const expected = BYTES.subarray(4096 * page, 4096 * page + 4096);
      expect(Buffer.compare(await pages.read(page), expected)).toBe(0);
    }
    expect(hashes.equals(pages.hashes)).toBe(true);
    await pages.close();
    const again = await disk.store.pages(kept);
    expect(hashes.equals(again.hashes)).toBe(true);
    await again.close();
  });

  it('what is opened, read and checked while packs are written again is whole', async () => {
    await disk.store.remove(gone.id);
    const collected = disk.another().collect({ dryRun: false });
    const isCollected = (): Promise<boolean> =>
      Promise.race([collected.then(() => true), new Promise<boolean>((resolve) => setImmediate(resolve, false))]);
    let rounds = 0;
    do {
      rounds += 1;
      expect((await readState(disk.store, kept)).equals(BYTES), `round ${rounds}`).toBe(true);
      expect((await loadState(disk.store, kept)).bytes.equals(BYTES), `round ${rounds}`).toBe(true);
      expect((await disk.store.check(null, () => undefined)).faults, `round ${rounds}`).toEqual(new Map());
    } while (!(await isCollected()));
    expect((await collected).freedBytes).toBeGreaterThan(0);
    expect((await readState(disk.store, kept)).equals(BYTES)).toBe(true);
    expect(await disk.packFiles('bad')).toEqual([]);
  });

  it('a store that has looked pages up before finds them where they are now', async () => {
    await removeAndCollect();
    const again = await disk.save('st-again', [...KEPT, 2, 4]);
    expect((await readState(disk.store, again)).equals(bytesOf([...KEPT, 2, 4]))).toBe(true);
    // Two pages that were dropped, and the map.
    expect(again.data.layout === 'pages' && again.data.newBytes).toBeLessThan(20_000);
  });
});
