import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { STATE_PIECE_BYTES } from '../shared/bulk/resources.ts';
import type { StateId } from '../shared/model/ids.ts';
import {
  describeStateStore,
  loadState,
  readState,
  stateDraft,
  statePieces,
  writeState,
} from './state-store.conformance.ts';
import { bytesOf, pagesFrom } from './pages.fixture.ts';
import { addOldState, flipBit, StoreOnDisk } from './store.fixture.ts';

describeStateStore('FileStateStore', async () => {
  const disk = await StoreOnDisk.create();
  return { store: disk.store, dispose: () => disk.dispose() };
});

describe('FileStateStore', () => {
  let disk: StoreOnDisk;
  let states = '';
  beforeEach(async () => {
    disk = await StoreOnDisk.create();
    states = path.join(disk.home, 'states');
  });
  afterEach(() => disk.dispose());

  it('leaves one folder a state, one pack for what is new, and nothing else', async () => {
    const screen = { columns: 80, rows: 24, lines: ['~ #'] };
    await disk.save('st-1', [1, 2, 0, 3], { screen });
    const aborted = await disk.store.create(stateDraft('st-2'));
    await aborted.write(bytesOf(pagesFrom(10, 256)));
    await aborted.abort();
    const files = [...(await disk.files()).keys()].sort();
    expect(files).toEqual([
      expect.stringMatching(/^packs\/[0-9a-f]{32}\.0\.pack$/),
      'states/st-1/manifest.json',
      'states/st-1/pages.map',
      'states/st-1/screen.json',
    ]);
  });

  it('stores each page once, however many states have it, and none of zeros', async () => {
    const first = await disk.save('st-1', [...pagesFrom(1, 100), 0, 0, 1, 1]);
    const same = await disk.save('st-2', [...pagesFrom(1, 100), 0, 0, 1, 1]);
    const more = await disk.save('st-3', [...pagesFrom(1, 100), 7, 200]);
    expect((await disk.packFiles()).length).toBe(2);
    const newBytes = [first, same, more].map(({ data }) => (data.layout === 'pages' ? data.newBytes : -1));
    expect(newBytes[0]).toBeGreaterThan(100 * 2048);
    // The map, and one page of which half does not compress.
    expect(newBytes[1]).toBeLessThan(200);
    expect(newBytes[2]).toBeLessThan(4096);
    expect(Buffer.compare(await readState(disk.store, more), bytesOf([...pagesFrom(1, 100), 7, 200]))).toBe(0);
  });

  it('finds pages that another process has stored since', async () => {
    const other = disk.another();
    await writeState(other, stateDraft('st-1'), [bytesOf([1, 2])]);
    await writeState(disk.store, stateDraft('st-2'), [bytesOf([3])]);
    await writeState(other, stateDraft('st-3'), [bytesOf([3, 2, 1])]);
    expect((await disk.packFiles()).length).toBe(2);
  });

  it('removes what a crash left, and nothing that was finished', async () => {
    const manifest = await writeState(disk.store, stateDraft('st-1'), statePieces(5));
    const before = await disk.files();
    for (const leftover of ['.new-st-2', '.new-removed-st-3']) {
      await mkdir(path.join(states, leftover));
      await writeFile(path.join(states, leftover, 'pages.map'), 'x');
    }
    await writeFile(path.join(states, 'st-1', 'manifest.json.new-0123'), 'half');
    await writeFile(disk.packPath(`.new-${'a'.repeat(32)}.0.pack`), 'half');
    expect((await disk.store.list()).states).toEqual([manifest]);
    expect(await disk.another().removeUnfinished()).toBe(2);
    expect(await disk.files()).toEqual(before);
    expect(await readdir(states)).toEqual(['st-1']);
  });

  it('names a state whose manifest has one flipped bit, and the others work', async () => {
    for (const id of ['st-1', 'st-2', 'st-3']) await writeState(disk.store, stateDraft(id), statePieces(5));
    const file = disk.stateFile('st-2', 'manifest.json');
    const { byteLength } = await readFile(file);
    for (const offset of [0, 12, 90, 200, byteLength - 2, byteLength - 1]) {
      await flipBit(file, 8 * offset);
      const listing = await disk.store.list();
      expect(
        listing.states.map((state) => state.id),
        `byte ${offset}`,
      ).toEqual(['st-1', 'st-3']);
      expect(listing.damaged).toEqual([{ id: 'st-2', reason: expect.stringContaining('st-2 is damaged on disk') }]);
      await expect(disk.store.get('st-2' as StateId)).rejects.toMatchObject({ code: 'damaged' });
      await flipBit(file, 8 * offset);
    }
    expect((await disk.store.list()).damaged).toEqual([]);
  });

  it('names a manifest that is empty, cut off or lies in the wrong folder', async () => {
    await writeState(disk.store, stateDraft('st-1'), []);
    const sealed = await readFile(disk.stateFile('st-1', 'manifest.json'), 'utf8');
    for (const [id, content] of [
      ['st-2', ''],
      ['st-3', sealed.slice(0, 100)],
      ['st-4', sealed],
    ] as const) {
      await mkdir(path.join(states, id));
      await writeFile(disk.stateFile(id, 'manifest.json'), content);
    }
    const listing = await disk.store.list();
    expect(listing.states.map((state) => state.id)).toEqual(['st-1']);
    expect(listing.damaged.map(({ id }) => id).sort()).toEqual(['st-2', 'st-3', 'st-4']);
    for (const { reason } of listing.damaged) expect(reason).toContain('damaged on disk');
  });

  it('calls a state that lost its manifest damaged, and can remove it', async () => {
    await writeState(disk.store, stateDraft('st-1'), []);
    await rm(disk.stateFile('st-1', 'manifest.json'));
    const { damaged } = await disk.store.list();
    expect(damaged).toEqual([{ id: 'st-1', reason: expect.stringMatching(/has lost its description/) }]);
    await disk.store.remove('st-1' as StateId);
    expect(await disk.store.list()).toEqual({ states: [], damaged: [] });
  });

  it('does not call states damaged that are removed while they are listed', async () => {
    for (let round = 0; round < 10; round += 1) {
      const ids = Array.from({ length: 20 }, (_, index) => `st-${round}-${index}` as StateId);
      for (const id of ids) await writeState(disk.store, stateDraft(id), []);
      const listing = disk.store.list();
      await Promise.all(ids.map((id) => disk.store.remove(id)));
      expect((await listing).damaged, `round ${round}`).toEqual([]);
    }
  });

  it('says of a state that lost its page map or has another’s that it is damaged, by its name', async () => {
    const named = { name: 'before the upgrade' };
    const manifest = await disk.save('st-1', [1, 2], named);
    await disk.save('st-2', [3, 4]);
    const [map, other] = [disk.stateFile('st-1', 'pages.map'), disk.stateFile('st-2', 'pages.map')];
    for (const [spoil, message] of [
      [() => writeFile(map, ''), '“before the upgrade” has a damaged page map'],
      [async () => writeFile(map, await readFile(other)), '“before the upgrade” has a damaged page map'],
      [() => rm(map), '“before the upgrade” has lost its page map'],
    ] as const) {
      await spoil();
      const failure = { code: 'damaged', message: expect.stringContaining(message) };
      await expect(readState(disk.store, manifest)).rejects.toMatchObject(failure);
      await expect(disk.store.load(manifest)).rejects.toMatchObject(failure);
      await expect(disk.store.pages(manifest)).rejects.toMatchObject(failure);
    }
    await disk.store.remove(manifest.id);
    await expect(disk.store.load(manifest)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('says of a state that lost a pack that it is damaged, and stores its pages afresh', async () => {
    const lost = await disk.save('st-1', [1, 2, 3]);
    const [pack = ''] = await disk.packFiles();
    const kept = await disk.save('st-2', [4, 5]);
    await rm(disk.packPath(pack));
    await expect(readState(disk.store, lost)).rejects.toMatchObject({
      code: 'damaged',
      message: expect.stringContaining('“named st-1” is damaged on disk'),
    });
    expect((await readState(disk.store, kept)).equals(bytesOf([4, 5]))).toBe(true);
    const again = await disk.save('st-3', [1, 2, 3, 4]);
    expect((await readState(disk.store, again)).equals(bytesOf([1, 2, 3, 4]))).toBe(true);
  });

  it('is not confused by foreign files in its folders', async () => {
    await disk.save('st-1', [1]);
    for (const folder of ['states', 'packs']) {
      for (const name of ['.DS_Store', 'Thumbs.db', 'notes.txt', `${'a'.repeat(32)}.0.pack copy`]) {
        await writeFile(path.join(disk.home, folder, name), 'x');
      }
    }
    const listing = await disk.store.list();
    expect(listing.states.length).toBe(1);
    expect(listing.damaged).toEqual([]);
    expect(await disk.store.collect({ dryRun: false })).toEqual({ freedBytes: 0, kept: [] });
    expect((await readdir(path.join(disk.home, 'packs'))).length).toBe(5);
    expect((await disk.save('st-2', [1])).sizeBytes).toBe(4096);
  });
});

describe('FileStateStore with a state of a library from before there were pages', () => {
  let disk: StoreOnDisk;
  const bytes = Buffer.concat([...statePieces(STATE_PIECE_BYTES + 10_000, 3)]);
  const id = 'st-old' as StateId;
  beforeEach(async () => {
    disk = await StoreOnDisk.create();
    await addOldState(disk.home, id, bytes);
  });
  afterEach(() => disk.dispose());

  it('lists, reads and loads it, and gives its pages', async () => {
    const { store } = disk;
    const manifest = await store.get(id);
    expect(manifest).toMatchObject({ note: '', tags: [], isProtected: false, madeBy: 'person', frontBytes: 0 });
    expect(await store.list()).toEqual({ states: [manifest], damaged: [] });
    expect(await store.names()).toEqual([{ id, kind: 'snapshot', name: 'named st-old' }]);
    expect(await store.screen(id)).toBe(null);
    expect((await readState(store, manifest)).equals(bytes)).toBe(true);
    const { bytes: loaded, order } = await loadState(store, manifest);
    expect(loaded.equals(bytes)).toBe(true);
    expect(order).toEqual([...order].sort((a, b) => a - b));
    const pages = await store.pages(manifest);
    for (const page of [pages.pageCount - 1, 0, 200]) {
      const expected = Buffer.alloc(4096);
      bytes.copy(expected, 0, page * 4096, (page + 1) * 4096);
      expect(Buffer.compare(await pages.read(page), expected)).toBe(0);
      const hash = createHash('sha256').update(expected).digest();
      expect(Buffer.compare(pages.hashes.subarray(32 * page, 32 * page + 32), hash)).toBe(0);
    }
    await pages.close();
    expect(await store.check(null, () => undefined)).toMatchObject({ faults: new Map(), readBytes: bytes.byteLength });
  });

  it('changes what a person may change of it, and leaves its data where it is', async () => {
    const changed = await disk.store.update(id, { name: 'renamed', isProtected: true });
    expect(await disk.another().get(id)).toEqual(changed);
    expect((await readState(disk.store, changed)).equals(bytes)).toBe(true);
    expect((await disk.files()).get('states/st-old/state.bin')).toBe(bytes.byteLength);
  });

  it('counts what it takes, and cleaning up keeps it', async () => {
    expect(await disk.store.usage()).toEqual({
      storedBytes: bytes.byteLength,
      unneededBytes: 0,
      uniqueBytes: new Map([[id, bytes.byteLength]]),
    });
    expect(await disk.store.collect({ dryRun: false })).toEqual({ freedBytes: 0, kept: [] });
    expect((await readState(disk.store, await disk.store.get(id))).equals(bytes)).toBe(true);
    await disk.store.remove(id);
    expect(await disk.files()).toEqual(new Map());
  });

  it('refuses data that is cut short or lost, by the state’s name', async () => {
    const manifest = await disk.store.get(id);
    const file = path.join(disk.home, 'states', id, 'state.bin');
    for (const sizeBytes of [bytes.byteLength - 1, STATE_PIECE_BYTES, 0]) {
      await truncate(file, sizeBytes);
      const failure = { code: 'damaged', message: expect.stringContaining('“named st-old” is cut short on disk') };
      await expect(readState(disk.store, manifest)).rejects.toMatchObject(failure);
      const { faults } = await disk.store.check(null, () => undefined);
      expect([...faults]).toEqual([[id, failure.message]]);
    }
    await rm(file);
    const failure = { code: 'damaged', message: expect.stringContaining('“named st-old” has lost its data file') };
    await expect(readState(disk.store, manifest)).rejects.toMatchObject(failure);
  });
});
