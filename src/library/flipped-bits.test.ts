import { rm } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StateId } from '../shared/model/ids.ts';
import { FailureError } from '../shared/result.ts';
import type { StateManifest } from '../shared/model/state.ts';
import { PACK_FOOTER_BYTES, PACK_HEADER_BYTES } from './pages/pack-format.ts';
import { loadState, readState } from './state-store.conformance.ts';
import { bytesOf, pagesFrom, seeded } from './pages.fixture.ts';
import { addOldState, flipBit, StoreOnDisk } from './store.fixture.ts';

/** Of each kind of file and part, so many bits, wherever they fall. */
const FLIPS = 12;

const A = 'st-a' as StateId;
const B = 'st-b' as StateId;
const C = 'st-c' as StateId;
const OLD = 'st-old' as StateId;
const PAGES: ReadonlyMap<StateId, readonly number[]> = new Map([
  [A, pagesFrom(1, 40)],
  // Shares the first 20 pages of A's pack, and has a pack of its own.
  [B, [...pagesFrom(1, 20), ...pagesFrom(100, 20)]],
  [C, pagesFrom(200, 20)],
  [OLD, pagesFrom(300, 260)],
]);

describe('one flipped bit', () => {
  let disk: StoreOnDisk;
  let packOfA = '';
  let packOfB = '';
  let random: () => number;
  beforeEach(async () => {
    random = seeded(20260101);
    disk = await StoreOnDisk.create();
    const screen = { columns: 80, rows: 24, lines: ['~ # ls', '“ü”'] };
    await disk.save(A, PAGES.get(A) ?? [], { screen });
    packOfA = (await disk.packFiles())[0] ?? '';
    await disk.save(B, PAGES.get(B) ?? []);
    packOfB = (await disk.packFiles()).find((file) => file !== packOfA) ?? '';
    await disk.save(C, PAGES.get(C) ?? []);
    await addOldState(disk.home, OLD, bytesOf(PAGES.get(OLD) ?? []));
  });
  afterEach(() => disk.dispose());

  /** The states that cannot be read, each in every way there is; those that can are compared with what was saved. */
  async function unreadable(states: readonly StateManifest[]): Promise<string[]> {
    const store = disk.another();
    const broken: string[] = [];
    for (const manifest of states) {
      const bytes = bytesOf(PAGES.get(manifest.id) ?? []);
      const attempts = [
        async () => expect((await readState(store, manifest)).equals(bytes)).toBe(true),
        async () => {
          const pages = await store.pages(manifest);
          try {
            for (let page = 0; page < pages.pageCount; page += 1) {
              const expected = bytes.subarray(4096 * page, 4096 * page + 4096);
              expect(Buffer.compare(await pages.read(page), expected)).toBe(0);
            }
          } finally {
            await pages.close();
          }
        },
      ];
      let failures = 0;
      for (const attempt of attempts) {
        await attempt().catch((cause: unknown) => {
          if (!(cause instanceof FailureError)) throw cause;
          expect(cause.code).toBe('damaged');
          expect(cause.message).toContain(`“named ${manifest.id}”`);
          failures += 1;
        });
      }
      expect([0, attempts.length]).toContain(failures);
      if (failures > 0) broken.push(manifest.id);
      else expect((await loadState(store, manifest)).bytes.equals(bytes)).toBe(true);
    }
    return broken;
  }

  /** Flips bits one after another, each back again. @param named the states that are to be named, and no other */
  async function tryBits(file: string, from: number, to: number, named: readonly string[]): Promise<void> {
    for (let round = 0; round < FLIPS; round += 1) {
      const bit = 8 * from + Math.floor(random() * 8 * (to - from));
      await flipBit(file, bit);
      const when = `bit ${bit} of ${path.basename(file)}`;
      const { states, damaged } = await disk.store.list();
      const { faults } = await disk.another().check(null, () => undefined);
      expect([...damaged.map(({ id }) => id), ...faults.keys()].sort(), when).toEqual([...named].sort());
      for (const [id, message] of faults) expect(message, when).toContain(`“named ${id}”`);
      const expected = named.filter((id) => !damaged.some((one) => one.id === id));
      expect(await unreadable(states), when).toEqual(expected);
      await flipBit(file, bit);
      // What was found of the pack is remembered; the next round begins as the first did.
      for (const bad of await disk.packFiles('bad')) await rm(disk.packPath(bad));
    }
    expect((await disk.another().check(null, () => undefined)).faults).toEqual(new Map());
  }

  const sizeOf = async (file: string): Promise<number> =>
    (await disk.files()).get(path.relative(disk.home, file)) ?? NaN;
  const tables = async (): Promise<{ start: number; end: number; blocks: number; pages: number }> => {
    const { blockCount, pageCount } = await openTables(packOfA);
    const end = (await sizeOf(disk.packPath(packOfA))) - PACK_FOOTER_BYTES;
    return { start: end - 48 * blockCount - 32 * pageCount, end, blocks: blockCount, pages: pageCount };
  };
  const openTables = async (file: string): Promise<{ blockCount: number; pageCount: number }> => {
    const pack = await disk.store.packs.open(file.slice(0, 32));
    await pack.close();
    return pack.tables;
  };

  it('in a manifest is found, and that state named', async () => {
    const file = disk.stateFile(A, 'manifest.json');
    await tryBits(file, 0, await sizeOf(file), [A]);
  });

  it('in a page map is found, and that state named', async () => {
    const file = disk.stateFile(B, 'pages.map');
    await tryBits(file, 0, await sizeOf(file), [B]);
  });

  it('in a picture is found, and the state itself can be loaded', async () => {
    const file = disk.stateFile(A, 'screen.json');
    const sizeBytes = await sizeOf(file);
    for (let round = 0; round < FLIPS; round += 1) {
      const bit = Math.floor(random() * 8 * sizeBytes);
      await flipBit(file, bit);
      const { faults } = await disk.store.check(null, () => undefined);
      expect([...faults], `bit ${bit}`).toEqual([
        [A, 'The picture of “named st-a” is damaged on disk. Everything else of it is whole, and it can be loaded.'],
      ]);
      await expect(disk.store.screen(A)).rejects.toMatchObject({ code: 'damaged' });
      expect(await unreadable((await disk.store.list()).states), `bit ${bit}`).toEqual([]);
      await flipBit(file, bit);
    }
  });

  it('in a pack’s header is found, and the states that need the pack are named', async () => {
    await tryBits(disk.packPath(packOfA), 0, PACK_HEADER_BYTES, [A, B]);
  });

  it('in a pack’s footer is found, and the states that need the pack are named', async () => {
    const { end } = await tables();
    await tryBits(disk.packPath(packOfA), end, end + PACK_FOOTER_BYTES, [A, B]);
  });

  it('in a table of blocks is found, and the states that need the pack are named', async () => {
    const { start, blocks } = await tables();
    await tryBits(disk.packPath(packOfA), start, start + 48 * blocks, [A, B]);
  });

  it('in a table of pages is found, and the states that need the pack are named', async () => {
    const { end, pages } = await tables();
    await tryBits(disk.packPath(packOfA), end - 32 * pages, end, [A, B]);
  });

  it('in a block is found, and exactly the states that need the block are named', async () => {
    const pack = await disk.store.packs.open(packOfA.slice(0, 32));
    const [first, , last] = [0, 1, 2].map((block) => pack.tables.block(block));
    await pack.close();
    if (!first || !last) throw new Error('the pack has three blocks');
    await tryBits(disk.packPath(packOfA), first.offset, first.offset + first.storedBytes, [A, B]);
    // Pages 33 to 40, which only A has.
    await tryBits(disk.packPath(packOfA), last.offset, last.offset + last.storedBytes, [A]);
  });

  it('in a state of an older library is found, and that state named', async () => {
    const file = path.join(disk.home, 'states', OLD, 'state.bin');
    await tryBits(file, 0, await sizeOf(file), [OLD]);
    const manifest = disk.stateFile(OLD, 'manifest.json');
    await tryBits(manifest, 0, await sizeOf(manifest), [OLD]);
  });

  it('in a list of damaged blocks keeps the whole pack from being built on, until it is checked again', async () => {
    const bit = 8 * (PACK_HEADER_BYTES + 5);
    await flipBit(disk.packPath(packOfA), bit);
    await disk.store.check(null, () => undefined);
    const [list = ''] = await disk.packFiles('bad');
    const file = disk.packPath(list);
    const sizeBytes = await sizeOf(file);
    for (let round = 0; round < FLIPS; round += 1) {
      await flipBit(file, Math.floor(random() * 8 * sizeBytes));
      const [name] = (await disk.store.packs.list()).packs.filter(({ file: one }) => one === packOfA);
      if (!name) throw new Error('the pack is there');
      expect(await disk.store.packs.badBlocks(name)).toBe('all');
      await disk.save(`st-new-${round}`, [1, 40]);
      const { faults } = await disk.store.check(null, () => undefined);
      expect([...faults.keys()]).toEqual([A, B]);
      expect(await disk.store.packs.badBlocks(name)).toEqual(new Set([0]));
    }
  });

  it.each(['block', 'tables', 'block, only read', 'tables, only read'] as const)(
    'in a pack that is in use is not built on any more (%s)',
    async (where) => {
      const { start } = await tables();
      const at = where.startsWith('tables') ? start + 20 : PACK_HEADER_BYTES + 5;
      // The index of what is stored is in memory since the first save.
      const spoiled = await disk.store.get(A);
      await flipBit(disk.packPath(packOfA), 8 * at);
      if (where.endsWith('only read')) await expect(readState(disk.store, spoiled)).rejects.toThrow(FailureError);
      else await disk.store.check(null, () => undefined);
      const again = await disk.save('st-again', PAGES.get(A) ?? []);
      expect((await readState(disk.store, again)).equals(bytesOf(PAGES.get(A) ?? []))).toBe(true);
      const { faults } = await disk.another().check(null, () => undefined);
      expect([...faults.keys()].sort()).toEqual([A, B]);
      // Once nobody needs the damaged pack, it goes like any other.
      for (const id of [A, B]) await disk.store.remove(id);
      expect((await disk.store.collect({ dryRun: false })).kept).toEqual([]);
      expect(await disk.packFiles()).not.toContain(packOfA);
      expect(await disk.packFiles('bad')).toEqual([]);
      expect(await disk.packFiles()).not.toContain(packOfB);
      expect((await disk.another().check(null, () => undefined)).faults).toEqual(new Map());
      expect((await readState(disk.store, again)).equals(bytesOf(PAGES.get(A) ?? []))).toBe(true);
    },
  );

  it('in a block that a clean-up would move is reported, and nothing is lost', async () => {
    const { offset } = await blockOf(packOfA, 0);
    await flipBit(disk.packPath(packOfA), 8 * (offset + 5));
    // Of A's pack only pages 1 to 10 are needed now, and their block is damaged.
    const needed = [...pagesFrom(1, 10), 500];
    await disk.save('st-one', needed);
    for (const id of [A, B]) await disk.store.remove(id);
    const { kept } = await disk.store.collect({ dryRun: false });
    expect(kept).toEqual(['A pack was left as it is. A block of pages is damaged on disk.']);
    const { faults } = await disk.store.check(null, () => undefined);
    expect([...faults.keys()]).toEqual(['st-one']);
    const again = await disk.save('st-two', needed);
    expect((await readState(disk.store, again)).equals(bytesOf(needed))).toBe(true);
  });

  it('in a block that a save has to move is reported, and the next save succeeds', async () => {
    const { offset } = await blockOf(packOfA, 1);
    await flipBit(disk.packPath(packOfA), 8 * (offset + 5));
    // Of each block one page: too little to be read all of them for it.
    await expect(disk.save('st-one', [1, 17, 33])).rejects.toMatchObject({
      code: 'damaged',
      message: expect.stringContaining('was not saved: a block of pages that it shares with an earlier one'),
    });
    const again = await disk.save('st-one', [1, 17, 33]);
    expect((await readState(disk.store, again)).equals(bytesOf([1, 17, 33]))).toBe(true);
  });

  async function blockOf(file: string, block: number): Promise<{ offset: number }> {
    const pack = await disk.store.packs.open(file.slice(0, 32));
    await pack.close();
    return pack.tables.block(block);
  }
});
