import { randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PAGE_BYTES } from '../../shared/bulk/state-plan.ts';
import type { StateId, VmId } from '../../shared/model/ids.ts';
import { FileStateStore } from '../file-state-store.ts';
import { collectGarbage } from '../garbage.ts';
import { MemoryStateStore } from '../memory-state-store.ts';
import type { StateStore } from '../state-store.ts';
import { pagesOf, TestLibrary } from './bundle.fixture.ts';
import { exportBundle, type ExportReport, type ExportRequest } from './export-bundle.ts';
import { importBundle } from './import-bundle.ts';
import { parentsFirst, subtree } from './subtree.ts';

const STORES: readonly [string, (folder: string) => StateStore][] = [
  ['in memory', () => new MemoryStateStore()],
  [
    'in files',
    (folder) =>
      new FileStateStore(
        { states: join(folder, 'states'), packs: join(folder, 'packs') },
        { now: Date.now, randomBytes: (count) => randomBytes(count) },
      ),
  ],
];

describe.each(STORES)('bundles between libraries %s', (_name, store) => {
  let here: TestLibrary;
  let there: TestLibrary;
  let path: string;
  beforeEach(async () => {
    here = await TestLibrary.open(store);
    there = await TestLibrary.open(store);
    path = join(here.folder, 'x.terrarium');
  });
  afterEach(async () => {
    await here.close();
    await there.close();
  });

  const config = async () => {
    const image = (await here.parts.images.list()).manifests[0]!;
    return (await here.parts.states.get(image.base)).config;
  };
  const bundle = (snapshots: readonly StateId[], change: Partial<ExportRequest> = {}): Promise<ExportReport> =>
    exportBundle(here.parts, { snapshots, withImage: false, since: null, path, ...change });

  it('carries a tree with its image, byte for byte, and everything a person said about it', async () => {
    const image = await here.addImage('tiny-1', ['a file', '', 'another'.repeat(300_000)], pagesOf([1, 2, 3, 0, 0, 4]));
    const screen = { columns: 80, rows: 25, lines: ['localhost login:', '$ ls'] };
    const change = { config: await config(), screen, note: 'Zwei\nZeilen', tags: ['a', 'ü'], isProtected: true };
    const root = await here.save(pagesOf([1, 2, 3, 0, 5, 5], 77), {
      ...change,
      name: 'root “1”',
      frontBytes: 4096,
      madeBy: 'timer',
      vmId: 'vm-1' as VmId,
      vmName: 'Büro',
    });
    const child = await here.save(pagesOf([0, 2, 6, 1, 5, 5, 0]), { config: await config(), parent: root.id });
    const grandchild = await here.save(new Uint8Array(0), {
      config: await config(),
      parent: child.id,
      content: 'disk',
    });
    const other = await here.save(pagesOf([9]), { config: await config() });

    const all = (await here.parts.states.list()).states.filter(({ kind }) => kind === 'snapshot');
    const ids = subtree(all, root.id);
    expect(ids).toEqual([root.id, child.id, grandchild.id]);
    const report = await bundle([...ids].reverse(), { withImage: true });
    expect(report).toMatchObject({
      snapshots: [root, child, grandchild].map(({ id, name }) => ({ id, name })),
      images: [{ id: 'tiny-1', name: 'image tiny-1' }],
      // 1 2 3 4 of the base, 5 and the part of one, 6.
      pageCount: 7,
      lentPageCount: 0,
      sizeBytes: (await readFile(path)).byteLength,
    });
    expect(await readdir(here.folder)).not.toContainEqual(expect.stringContaining('.new-'));

    const fractions: number[] = [];
    const imported = await importBundle(there.parts, { path, onProgress: ({ fraction }) => fractions.push(fraction) });
    expect(imported).toEqual({
      imported: [root, child, grandchild].map(({ id, name }) => ({ id, name })),
      alreadyThere: [],
      images: [{ id: 'tiny-1', name: 'image tiny-1' }],
    });
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(fractions.at(-1)).toBe(1);
    expect((await there.parts.images.list()).manifests).toEqual([image]);
    const blobs = await here.parts.images.blobsOf(image, here.parts.blobs);
    expect([...(await there.parts.images.blobsOf(image, there.parts.blobs))]).toEqual([...blobs]);
    for (const sha256 of blobs) {
      const { sizeBytes } = await here.parts.blobs.open(sha256);
      expect(await there.parts.blobs.has({ sha256, sizeBytes })).toBe(true);
    }
    for (const state of [root, child, grandchild, await here.parts.states.get(image.base)]) {
      const manifest = await there.parts.states.get(state.id);
      expect(manifest).toEqual({ ...state, vmId: null, data: manifest.data });
      expect((await there.bytesOf(state.id)).equals(await here.bytesOf(state.id))).toBe(true);
    }
    expect(await there.parts.states.screen(root.id)).toEqual(screen);
    expect(await there.parts.states.screen(child.id)).toBeNull();
    await expect(there.parts.states.get(other.id)).rejects.toMatchObject({ code: 'not-found' });
    // Nothing of it is garbage, and nobody is writing any more.
    expect(await collectGarbage(there.parts, { dryRun: true })).toMatchObject({
      states: [],
      blobs: { count: 0 },
      kept: [],
    });
  });

  it('carries any pages, in any order', async () => {
    await here.addImage('tiny-1', [], pagesOf([1]));
    const base = await config();
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.array(fc.nat(90), { maxLength: 300 }), fc.integer({ min: 1, max: PAGE_BYTES })), {
          minLength: 1,
          maxLength: 4,
        }),
        fc.boolean(),
        async (states, withSince) => {
          run += 1;
          const target = await TestLibrary.open(store);
          try {
            const saved: StateId[] = [];
            for (const [pages, lastBytes] of states) {
              const id = `st-${run}-${saved.length}` as StateId;
              await here.save(pagesOf(pages, lastBytes), { id, config: base, parent: saved.at(-1) ?? null });
              saved.push(id);
            }
            const whole = join(here.folder, `${run}-whole.terrarium`);
            const [first] = saved;
            await bundle(withSince && first ? [first] : saved, { withImage: true, path: whole });
            await importBundle(target.parts, { path: whole });
            if (withSince && first) {
              await bundle(saved, { since: first });
              await importBundle(target.parts, { path });
            }
            for (const id of saved) expect((await target.bytesOf(id)).equals(await here.bytesOf(id))).toBe(true);
          } finally {
            await target.close();
          }
        },
      ),
      { numRuns: 15 },
    );
  });

  it('leaves out the pages of a snapshot that the receiver has, under whichever id', async () => {
    const image = await here.addImage('tiny-1', ['x'], pagesOf([1, 2]));
    const old = await here.save(pagesOf([1, 2, 3, 4, 5]), { config: await config(), name: 'old' });
    const fresh = await here.save(pagesOf([1, 5, 6, 4, 3]), { config: await config(), parent: old.id, name: 'fresh' });
    await bundle([old.id], { withImage: true });
    await importBundle(there.parts, { path });
    const report = await bundle([fresh.id], { since: old.id });
    expect(report).toMatchObject({ pageCount: 1, lentPageCount: 4 });
    expect(report.sizeBytes).toBeLessThan(3 * PAGE_BYTES);

    const empty = await TestLibrary.open(store);
    try {
      await empty.addImage('tiny-1', ['x'], pagesOf([1, 2]));
      const before = await empty.inventory();
      await expect(importBundle(empty.parts, { path })).rejects.toMatchObject({
        code: 'not-found',
        message: expect.stringContaining('since the snapshot “old”'),
      });
      expect(await empty.inventory()).toEqual(before);
      // Its pages are in two other snapshots.
      await empty.save(pagesOf([7, 3, 4]), { config: await config() });
      await empty.save(pagesOf([5, 8]), { config: await config() });
      await importBundle(empty.parts, { path });
      expect((await empty.bytesOf(fresh.id)).equals(await here.bytesOf(fresh.id))).toBe(true);
      expect(await empty.parts.states.get(fresh.id)).toMatchObject({ parent: null, kind: 'snapshot' });
    } finally {
      await empty.close();
    }

    expect(await importBundle(there.parts, { path })).toMatchObject({ imported: [{ id: fresh.id }], images: [] });
    expect((await there.bytesOf(fresh.id)).equals(await here.bytesOf(fresh.id))).toBe(true);
    expect(await there.parts.states.get(fresh.id)).toMatchObject({ parent: old.id });
    // The base snapshot of an image lends as well.
    expect(await bundle([old.id], { since: image.base })).toMatchObject({ pageCount: 3, lentPageCount: 2 });
  });

  it('does not import what is there, and gives what is there with other content a new id', async () => {
    await here.addImage('tiny-1', ['x'], pagesOf([1]));
    const same = await here.save(pagesOf([1, 2]), { config: await config(), name: 'same' });
    const other = await here.save(pagesOf([1, 3]), { config: await config(), name: 'other', parent: same.id });
    const child = await here.save(pagesOf([1, 3, 4]), { config: await config(), name: 'child', parent: other.id });
    await bundle([same.id, other.id, child.id], { withImage: true });
    await there.addImage('tiny-1', ['x'], pagesOf([7]));
    await there.save(pagesOf([1, 2]), { id: same.id, config: await config(), name: 'renamed' });
    await there.save(pagesOf([1, 9]), { id: other.id, config: await config(), name: 'mine' });
    const report = await importBundle(there.parts, { path });
    expect(report).toMatchObject({
      alreadyThere: [{ id: same.id, name: 'renamed' }],
      imported: [{ name: 'other' }, { id: child.id, name: 'child' }],
      images: [],
    });
    const newId = report.imported[0]!.id;
    expect(newId).not.toBe(other.id);
    expect(await there.parts.states.get(newId)).toMatchObject({ name: 'other', parent: same.id });
    expect(await there.parts.states.get(child.id)).toMatchObject({ parent: newId });
    expect((await there.bytesOf(newId)).equals(await here.bytesOf(other.id))).toBe(true);
    expect((await there.bytesOf(other.id)).equals(pagesOf([1, 9]))).toBe(true);
    // Once more, and only what differs comes again: two of a name are allowed.
    const again = await importBundle(there.parts, { path });
    expect(again.alreadyThere.map(({ id }) => id)).toEqual([same.id, child.id]);
    expect(again.imported).toEqual([{ id: expect.not.stringContaining(newId), name: 'other' }]);
  });

  it('gives an image whose id is taken a new one, and uses an equal one of another id', async () => {
    await here.addImage('tiny-1', ['x'], pagesOf([1]));
    const snapshot = await here.save(pagesOf([1, 2]), { config: await config() });
    await bundle([snapshot.id], { withImage: true });
    await there.addImage('tiny-1', ['quite another'], pagesOf([7]));
    const { images } = await importBundle(there.parts, { path });
    expect(images).toEqual([{ id: expect.stringMatching(/^tiny-1-[0-9a-f]{16}$/), name: 'image tiny-1' }]);
    const added = await there.parts.images.get(images[0]!.id);
    expect(added.base).not.toBe('st-base-tiny-1');
    expect((await there.bytesOf(added.base)).equals(pagesOf([1]))).toBe(true);
    expect((await there.parts.states.get(snapshot.id)).config.imageId).toBe(added.id);

    const third = await TestLibrary.open(store);
    try {
      await third.addImage('called-otherwise', ['x'], pagesOf([7]));
      await bundle([snapshot.id]);
      await importBundle(third.parts, { path });
      expect((await third.parts.states.get(snapshot.id)).config.imageId).toBe('called-otherwise');
    } finally {
      await third.close();
    }
  });

  it('needs the image', async () => {
    await here.addImage('tiny-1', ['x'], pagesOf([1]));
    const snapshot = await here.save(pagesOf([1, 2]), { config: await config() });
    await bundle([snapshot.id]);
    await there.addImage('tiny-1', ['quite another'], pagesOf([7]));
    const before = await there.inventory();
    await expect(importBundle(there.parts, { path })).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('needs the image “image tiny-1” (tiny-1)'),
    });
    expect(await there.inventory()).toEqual(before);
  });

  it('exports nothing of what is not there or damaged, and leaves no file', async () => {
    const image = await here.addImage('tiny-1', ['x'], pagesOf([1]));
    const snapshot = await here.save(pagesOf([1, 2]), { config: await config() });
    await expect(bundle(['st-none' as StateId])).rejects.toMatchObject({ code: 'not-found' });
    await expect(bundle([image.base])).rejects.toMatchObject({ code: 'not-found' });
    await expect(bundle([snapshot.id], { path: here.folder })).rejects.toMatchObject({ code: 'bad-input' });
    await expect(bundle([snapshot.id], { path: join(here.folder, 'no', 'x') })).rejects.toMatchObject({
      code: 'not-found',
    });
    await expect(bundle([snapshot.id], { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'cancelled' });
    const [file] = await here.parts.images.blobsOf(image, here.parts.blobs);
    await writeFile(join(here.folder, 'blobs', file!.slice(0, 2), file!), 'kernal');
    await expect(bundle([snapshot.id], { withImage: true })).rejects.toMatchObject({ code: 'damaged' });
    expect((await readdir(here.folder)).filter((name) => name.includes('terrarium'))).toEqual([]);
    // Without the image it is as good as ever.
    await bundle([snapshot.id]);
    await expect(importBundle(there.parts, { path, signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'cancelled',
    });
  });

  it('leaves garbage only when it ends between writing and adopting, and nothing when that fails', async () => {
    await here.addImage('tiny-1', ['x'], pagesOf([1]));
    const ids: StateId[] = [];
    for (const page of [2, 3]) ids.push((await here.save(pagesOf([1, page]), { config: await config() })).id);
    await bundle(ids, { withImage: true });
    const before = await there.inventory();
    // Everything is written, then the process is gone: what comes after the change never runs.
    let end: (cause: Error) => void = () => undefined;
    const gone = new Promise<never>((_, reject) => (end = reject));
    let importing: Promise<unknown> = Promise.resolve();
    await new Promise<void>((resolve) => {
      const change = (): Promise<never> => {
        resolve();
        return gone;
      };
      importing = importBundle({ ...there.parts, change }, { path });
    });
    const left = (await there.parts.states.list()).states;
    expect(left.map(({ kind }) => kind).sort()).toEqual(['base', 'head', 'head']);
    expect((await there.parts.images.list()).manifests).toEqual([]);
    // While it runs, its claims keep all of it.
    expect((await collectGarbage(there.parts, { dryRun: true })).states).toEqual([]);
    await there.parts.claims.close();
    const after = TestLibrary.again(there);
    expect((await collectGarbage(after.parts, { dryRun: false })).states).toHaveLength(3);
    expect(await after.inventory()).toMatchObject({ states: [], manifests: [] });

    const failing = { ...after.parts, change: () => Promise.reject(new Error('power')) };
    await expect(importBundle(failing, { path })).rejects.toThrow('power');
    expect(await after.inventory()).toMatchObject({ states: [], manifests: [] });
    expect(before).toMatchObject({ states: [], manifests: [] });
    expect(await importBundle(after.parts, { path })).toMatchObject({ imported: [{ id: ids[0] }, { id: ids[1] }] });
    end(new Error('over'));
    await expect(importing).rejects.toThrow('over');
    await after.close();
  });

  it('drops parents that are not there or would make a circle', async () => {
    await here.addImage('tiny-1', ['x'], pagesOf([1]));
    const elsewhere = await here.save(pagesOf([2]), { config: await config() });
    const snapshot = await here.save(pagesOf([1]), { config: await config(), parent: elsewhere.id });
    await bundle([snapshot.id], { withImage: true });
    await importBundle(there.parts, { path });
    expect(await there.parts.states.get(snapshot.id)).toMatchObject({ parent: null });
    await there.parts.states.remove(snapshot.id);
    // Of an old library, where deleting left children behind.
    await there.save(pagesOf([2]), { id: elsewhere.id, config: await config(), parent: snapshot.id });
    await importBundle(there.parts, { path });
    expect(await there.parts.states.get(snapshot.id)).toMatchObject({ parent: null });
  });
});

describe('the order of snapshots', () => {
  it('has parents first, and ends for a circle', () => {
    const state = (id: string, parent: string | null) => ({ id, parent }) as never;
    const order = (states: never[]): unknown[] => parentsFirst(states).map(({ id }) => id);
    expect(order([state('c', 'b'), state('a', null), state('b', 'a'), state('z', 'gone')])).toEqual([
      'a',
      'b',
      'c',
      'z',
    ]);
    expect(order([state('x', 'y'), state('y', 'x')]).sort()).toEqual(['x', 'y']);
    expect(subtree([state('x', 'y'), state('y', 'x'), state('n', null)], 'x' as StateId)).toEqual(['x', 'y']);
  });
});
