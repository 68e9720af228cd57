import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mountSmall } from '../../scripts/test-small-disk.ts';
import type { StateId } from '../shared/model/ids.ts';
import { bytesOf, pagesFrom, piecesOf } from './pages.fixture.ts';
import { readState, stateDraft } from './state-store.conformance.ts';
import type { FileStateStore } from './file-state-store.ts';
import { StoreOnDisk } from './store.fixture.ts';

const STEP_BYTES = 8 * 1024;
const NO_MOUNT = 'no file system can be mounted here (needs root and the right to mount)';
const A = 'st-a' as StateId;
const B = 'st-b' as StateId;
const PAGES_OF_A = pagesFrom(1, 40);
const PAGES_OF_B = [...pagesFrom(1, 20), ...pagesFrom(100, 60)];

describe('a store on a disk whose room ends', () => {
  let folder = '';
  let mounted = false;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'terrarium-full-'));
    mounted = mountSmall(folder);
  });
  afterEach(async () => {
    if (mounted) execFileSync('umount', [folder]);
    await rm(folder, { recursive: true });
  });

  const filler = (): string => path.join(folder, 'other-data');
  const giveRoom = (): Promise<void> => rm(filler(), { force: true });

  /** Leaves so much. */
  async function leave(roomBytes: number): Promise<void> {
    await expect(writeFile(filler(), new Uint8Array(5 * 1024 * 1024))).rejects.toMatchObject({ code: 'ENOSPC' });
    await truncate(filler(), (await stat(filler())).size - roomBytes);
  }

  async function emptyDisk(): Promise<StoreOnDisk> {
    const home = path.join(folder, 'home');
    await rm(home, { recursive: true, force: true });
    await mkdir(home);
    const disk = new StoreOnDisk(home);
    await disk.store.removeUnfinished();
    return disk;
  }

  /** As the library's callers do: a write that fails ends the state. @returns null, or why not */
  async function trySave(store: FileStateStore): Promise<unknown> {
    const screen = { columns: 80, rows: 24, lines: ['~ #'.repeat(20)] };
    try {
      const writer = await store.create(stateDraft(B, { screen }));
      try {
        for (const piece of piecesOf(bytesOf(PAGES_OF_B))) await writer.write(piece);
      } catch (cause) {
        await writer.abort();
        throw cause;
      }
      await writer.commit();
      return null;
    } catch (cause) {
      return cause;
    }
  }

  async function expectWhole(disk: StoreOnDisk, id: StateId, pages: readonly number[], when: string): Promise<void> {
    for (const store of [disk.store, disk.another()]) {
      const bytes = await readState(store, await store.get(id));
      expect(bytes.equals(bytesOf(pages)), `${id} ${when}`).toBe(true);
    }
  }

  it('wherever in a save, says so and keeps what there was; the same save then works', async (context) => {
    if (!mounted) return context.skip(NO_MOUNT);
    let refusals = 0;
    for (let roomBytes = 0; ; roomBytes += STEP_BYTES) {
      const when = `with ${roomBytes} bytes of room`;
      const disk = await emptyDisk();
      await disk.save(A, PAGES_OF_A);
      await leave(roomBytes);
      const failure = await trySave(disk.store);
      await expectWhole(disk, A, PAGES_OF_A, when);
      expect((await disk.store.check(null, () => undefined)).faults, when).toEqual(new Map());
      expect((await disk.store.list()).damaged, when).toEqual([]);
      if (failure === null) {
        await expectWhole(disk, B, PAGES_OF_B, when);
        break;
      }
      refusals += 1;
      expect(failure, when).toMatchObject({
        code: 'disk-full',
        message: expect.stringContaining('not saved: the disk is full. Everything saved before is untouched.'),
      });
      await expect(disk.store.get(B), when).rejects.toMatchObject({ code: 'not-found' });
      // Deleting frees what a failed save may have left behind, also while the disk is full.
      expect((await disk.store.collect({ dryRun: false })).kept).toEqual([]);
      expect((await disk.packFiles()).length, when).toBe(1);
      await giveRoom();
      expect(await trySave(disk.store), when).toBe(null);
      await expectWhole(disk, A, PAGES_OF_A, when);
      await expectWhole(disk, B, PAGES_OF_B, when);
    }
    // 60 new pages of which half does not compress.
    expect(refusals).toBeGreaterThan(10);
  });

  it('wherever in a clean-up, says so and keeps what there was; the same clean-up then works', async (context) => {
    if (!mounted) return context.skip(NO_MOUNT);
    let refusals = 0;
    for (let roomBytes = 0; ; roomBytes += STEP_BYTES) {
      const when = `with ${roomBytes} bytes of room`;
      const disk = await emptyDisk();
      await disk.save(A, PAGES_OF_A);
      await disk.save(B, PAGES_OF_B);
      await disk.store.remove(A);
      const before = (await disk.store.usage()).storedBytes;
      await leave(roomBytes);
      const failure = await disk.store.collect({ dryRun: false }).then(
        () => null,
        (cause: unknown) => cause,
      );
      await expectWhole(disk, B, PAGES_OF_B, when);
      if (failure === null) {
        expect((await disk.store.usage()).storedBytes).toBeLessThan(before);
        break;
      }
      refusals += 1;
      expect(failure, when).toMatchObject({
        code: 'disk-full',
        message: expect.stringContaining('The library was not cleaned up: the disk is full.'),
      });
      await giveRoom();
      await disk.store.removeUnfinished();
      expect((await disk.store.collect({ dryRun: false })).freedBytes, when).toBeGreaterThan(10_000);
      await expectWhole(disk, B, PAGES_OF_B, when);
      expect((await disk.store.check(null, () => undefined)).faults, when).toEqual(new Map());
      expect(
        [...(await disk.files()).keys()].filter((name) => name.includes('.new-')),
        when,
      ).toEqual([]);
    }
    expect(refusals).toBeGreaterThan(3);
  });

  it('removes packs that nobody needs before it writes others again, so that there is room for those', async (context) => {
    if (!mounted) return context.skip(NO_MOUNT);
    const disk = await emptyDisk();
    await disk.save(A, PAGES_OF_A);
    await disk.save(B, PAGES_OF_B);
    await disk.save('st-c', pagesFrom(500, 100));
    await leave(0);
    for (const id of [A, 'st-c' as StateId]) await disk.store.remove(id);
    expect((await disk.store.collect({ dryRun: false })).freedBytes).toBeGreaterThan(200_000);
    await expectWhole(disk, B, PAGES_OF_B, 'after it');
  });

  it('wherever in a change of its name and note, a state has the old ones or the new ones', async (context) => {
    if (!mounted) return context.skip(NO_MOUNT);
    const outcomes = new Set<string>();
    for (let roomBytes = 0; roomBytes <= 3 * STEP_BYTES; roomBytes += STEP_BYTES / 2) {
      const when = `with ${roomBytes} bytes of room`;
      const disk = await emptyDisk();
      await disk.save(A, PAGES_OF_A);
      await leave(roomBytes);
      const changes = { name: 'new', note: 'a long note '.repeat(700) };
      const failure = await disk.store.update(A, changes).then(
        () => null,
        (cause: unknown) => cause,
      );
      const { name, note } = await disk.another().get(A);
      expect({ name, note }, when).toEqual(failure === null ? changes : { name: 'named st-a', note: '' });
      if (failure !== null) expect(failure, when).toMatchObject({ code: 'disk-full' });
      outcomes.add(name);
      await expectWhole(disk, A, PAGES_OF_A, when);
      await giveRoom();
      expect(await disk.store.update(A, changes)).toMatchObject(changes);
    }
    expect([...outcomes].sort()).toEqual(['named st-a', 'new']);
  });

  it('can say what is damaged, though there is no room to write it down', async (context) => {
    if (!mounted) return context.skip(NO_MOUNT);
    const disk = await emptyDisk();
    const manifest = await disk.save(A, PAGES_OF_A);
    const [pack = ''] = await disk.packFiles();
    await truncate(disk.packPath(pack), 5000);
    await leave(0);
    await expect(readState(disk.store, manifest)).rejects.toMatchObject({ code: 'damaged' });
    expect([...(await disk.store.check(null, () => undefined)).faults.keys()]).toEqual([A]);
  });
});
