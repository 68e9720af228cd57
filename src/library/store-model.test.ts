import { existsSync } from 'node:fs';
import { copyFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PAGE_BYTES } from '../shared/bulk/state-plan.ts';
import type { StateId } from '../shared/model/ids.ts';
import type { StateManifest } from '../shared/model/state.ts';
import { BLOCK_PAGES, PACK_PAGES_MAX } from './pages/pack-format.ts';
import { ZERO_PAGE } from './pages/page-map.ts';
import { loadState, readState, stateDraft, writeState } from './state-store.conformance.ts';
import type { StateWriter } from './state-store.ts';
import { bytesOf, pageOf, pagesFrom, piecesOf, seeded } from './pages.fixture.ts';
import { StoreOnDisk } from './store.fixture.ts';

/** What a person or a crash does to a library. Numbers choose among what is there. */
type Step =
  | {
      readonly kind: 'save' | 'crash' | 'crash-before-folder';
      /** Whose pages it continues from. */
      readonly parent: number;
      /** Every so many-th of the parent's pages is kept. */
      readonly every: number;
      readonly fresh: readonly number[];
      readonly tailBytes: number;
      readonly frontPages: number;
    }
  | { readonly kind: 'update' | 'remove'; readonly which: number }
  | { readonly kind: 'collect' | 'collect-and-crash' | 'reopen' | 'check' };

const written = {
  parent: fc.nat(20),
  every: fc.constantFrom(1, 1, 2, 5, 17),
  fresh: fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 60 }),
  tailBytes: fc.constantFrom(0, 1, 1000, 4095),
  frontPages: fc.nat(10),
};
const stepOf = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('save' as const), ...written }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('crash' as const, 'crash-before-folder' as const), ...written }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('remove' as const), which: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('update' as const), which: fc.nat(20) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'collect' as const,
        'collect' as const,
        'collect-and-crash' as const,
        'reopen' as const,
        'check' as const,
      ),
    }),
  },
);

/** Many small libraries, and what a flush costs is not what is looked at: in memory, where there is such a folder. */
const FOLDER = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

interface ModelState {
  manifest: StateManifest;
  readonly bytes: Buffer;
  readonly pages: readonly number[];
}

/** What the library should have, beside one on disk that goes through the same. */
class Library {
  readonly disk: StoreOnDisk;
  readonly states: ModelState[] = [];
  /** As a process that was killed leaves them; ended only so that this one keeps no files open. */
  private readonly abandoned: StateWriter[] = [];
  private nextId = 0;

  constructor(disk: StoreOnDisk) {
    this.disk = disk;
  }

  async take(step: Step): Promise<void> {
    const { store } = this.disk;
    switch (step.kind) {
      case 'save':
      case 'crash':
      case 'crash-before-folder':
        return this.write(step);
      case 'remove': {
        const [state] = this.states.splice(step.which % Math.max(1, this.states.length), 1);
        if (state) await store.remove(state.manifest.id);
        return;
      }
      case 'update': {
        const state = this.states[step.which % Math.max(1, this.states.length)];
        if (!state) return;
        state.manifest = await store.update(state.manifest.id, { name: `renamed ${step.which}`, tags: ['x'] });
        return;
      }
      case 'collect':
      case 'collect-and-crash':
        return this.collect(step.kind === 'collect-and-crash');
      case 'reopen':
        this.disk.store = this.disk.another();
        await this.disk.store.removeUnfinished();
        return this.compare();
      case 'check': {
        let toldBytes = 0;
        const { faults, readBytes } = await store.check(null, (bytes) => (toldBytes += bytes));
        expect(faults).toEqual(new Map());
        expect(toldBytes).toBe(readBytes);
      }
    }
  }

  /** Everything that was acknowledged reads back as it was, in each way. */
  async compare(): Promise<void> {
    const { store } = this.disk;
    const listing = await store.list();
    expect(listing.damaged).toEqual([]);
    const byId = (a: StateManifest, b: StateManifest): number => (a.id < b.id ? -1 : 1);
    expect([...listing.states].sort(byId)).toEqual(this.states.map(({ manifest }) => manifest).sort(byId));
    for (const { manifest, bytes, pages } of this.states) {
      expect((await readState(store, manifest)).equals(bytes), `read ${manifest.id}`).toBe(true);
      const loaded = await loadState(store, manifest);
      expect(loaded.bytes.equals(bytes), `load ${manifest.id}`).toBe(true);
      const frontPages = Math.ceil(manifest.frontBytes / PAGE_BYTES);
      const firstBehind = loaded.order.findIndex((page) => page >= frontPages);
      if (firstBehind >= 0) expect(loaded.order.slice(firstBehind).every((page) => page >= frontPages)).toBe(true);
      const open = await store.pages(manifest);
      expect(open.pageCount).toBe(pages.length);
      for (let page = pages.length - 1; page >= 0; page -= 7) {
        const whole = Buffer.alloc(PAGE_BYTES);
        bytes.copy(whole, 0, page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
        expect(Buffer.compare(await open.read(page), whole), `page ${page} of ${manifest.id}`).toBe(0);
      }
      await open.close();
      await this.expectLocality(manifest);
    }
    await this.expectUsage();
  }

  async dispose(): Promise<void> {
    for (const writer of this.abandoned) await writer.abort();
    await this.disk.dispose();
  }

  private async write(step: Extract<Step, { kind: 'save' | 'crash' | 'crash-before-folder' }>): Promise<void> {
    const parent = this.states[step.parent % Math.max(1, this.states.length)];
    const kept = (parent?.pages ?? pagesFrom(500, 70)).filter((_, index) => index % step.every === 0);
    const pages = [...kept, ...step.fresh];
    const bytes = Buffer.concat([bytesOf(pages), pageOf(7).subarray(0, step.tailBytes)]);
    const id = `st-${(this.nextId += 1)}`;
    const frontBytes = Math.min(bytes.byteLength, step.frontPages * PAGE_BYTES);
    const draft = stateDraft(id, { frontBytes });
    if (step.kind === 'crash') {
      const writer = await this.disk.store.create(draft);
      for (const piece of piecesOf(bytes)) await writer.write(piece);
      this.abandoned.push(writer);
      return;
    }
    const manifest = await writeState(this.disk.store, draft, piecesOf(bytes));
    if (step.kind === 'crash-before-folder') await rm(path.join(this.disk.home, 'states', id), { recursive: true });
    else this.states.push({ manifest, bytes, pages: step.tailBytes > 0 ? [...pages, 7] : pages });
  }

  private async collect(crash: boolean): Promise<void> {
    const { store, home } = this.disk;
    const before = await store.usage();
    const plan = await store.collect({ dryRun: true });
    expect(await store.usage()).toEqual(before);
    const copies = path.join(home, 'copies');
    const earlier = await this.disk.packFiles();
    if (crash) for (const file of earlier) await copyFile(this.disk.packPath(file), `${copies}-${file}`);
    const { freedBytes, kept } = await store.collect({ dryRun: false });
    expect(kept).toEqual([]);
    const after = await store.usage();
    expect(before.storedBytes - after.storedBytes).toBe(freedBytes);
    // What is written again is compressed in other company.
    expect(Math.abs(freedBytes - plan.freedBytes)).toBeLessThanOrEqual(0.1 * before.storedBytes);
    expect((await store.collect({ dryRun: true })).freedBytes).toBe(0);
    if (crash) await this.bringBackReplaced(earlier, copies);
    await this.compare();
  }

  /** As a kill does between the new name of a pack and the end of the old one. */
  private async bringBackReplaced(earlier: readonly string[], copies: string): Promise<void> {
    const now = await readdir(path.join(this.disk.home, 'packs'));
    for (const file of earlier) {
      const isReplaced = !now.includes(file) && now.some((name) => name.startsWith(file.slice(0, 32)));
      if (isReplaced) await copyFile(`${copies}-${file}`, this.disk.packPath(file));
      await rm(`${copies}-${file}`);
    }
  }

  /** A machine is never asked to decompress more than twice what it needs, from few packs. */
  private async expectLocality(manifest: StateManifest): Promise<void> {
    const { folder, packs } = this.disk.store;
    const map = await folder.map(manifest);
    expect(map.packs.length).toBeLessThanOrEqual(64);
    const pages = new Set([...map.places].filter((place) => place !== ZERO_PAGE));
    const tables = await Promise.all(
      map.packs.map(async (id) => {
        const pack = await packs.open(id);
        await pack.close();
        return pack.tables;
      }),
    );
    const blocks = new Set([...pages].map((place) => Math.floor(place / BLOCK_PAGES)));
    let livePages = 0;
    for (const block of blocks) {
      const inPack = block % (PACK_PAGES_MAX / BLOCK_PAGES);
      livePages += tables[Math.floor(block / (PACK_PAGES_MAX / BLOCK_PAGES))]?.livePages(inPack) ?? Infinity;
    }
    expect(livePages).toBeLessThanOrEqual(2 * pages.size);
  }

  private async expectUsage(): Promise<void> {
    const { store } = this.disk;
    const { packs } = await store.packs.list();
    const files = await this.disk.files();
    const packBytes = packs.reduce((total, { file }) => total + (files.get(`packs/${file}`) ?? NaN), 0);
    const mapBytes = (id: StateId): number => files.get(`states/${id}/pages.map`) ?? NaN;
    const { storedBytes, unneededBytes, uniqueBytes } = await store.usage();
    expect(storedBytes).toBe(packBytes + this.states.reduce((total, { manifest: { id } }) => total + mapBytes(id), 0));
    expect(unneededBytes).toBeLessThanOrEqual(storedBytes);
    const needed = new Map<number, number>();
    for (const { pages } of this.states) {
      for (const page of new Set(pages)) needed.set(page, (needed.get(page) ?? 0) + 1);
    }
    for (const { manifest, pages } of this.states) {
      const own = (uniqueBytes.get(manifest.id) ?? NaN) - mapBytes(manifest.id);
      // A page that only this state has is only this state's; one that others have may have been stored twice.
      const isUnique = pages.some((page) => page !== 0 && needed.get(page) === 1);
      if (isUnique) expect(own).toBeGreaterThan(0);
      else expect(own).toBeGreaterThanOrEqual(0);
    }
  }
}

describe('a library and a model of it', () => {
  it('agree whatever is saved, changed, removed, cleaned up and cut off', { timeout: 240_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(stepOf, { minLength: 5, maxLength: 40 }), async (steps) => {
        const library = new Library(await StoreOnDisk.create(FOLDER));
        try {
          for (const step of steps) await library.take(step);
          await library.take({ kind: 'reopen' });
          await library.take({ kind: 'check' });
          await library.take({ kind: 'collect' });
          for (const { manifest } of library.states.splice(0)) await library.disk.store.remove(manifest.id);
          await library.take({ kind: 'collect' });
          // What a crash left goes with the rest.
          expect(await library.disk.files()).toEqual(new Map());
        } finally {
          await library.dispose();
        }
      }),
      { numRuns: Number(process.env['MODEL_RUNS'] ?? 25) },
    );
  });

  it('does not grow without bound while a machine is saved and its older states are removed', async () => {
    const disk = await StoreOnDisk.create(FOLDER);
    const random = seeded(5);
    let pages = pagesFrom(1, 200);
    let nextPage = 1000;
    const sizes: number[] = [];
    const kept: StateManifest[] = [];
    for (let round = 0; round < 36; round += 1) {
      pages = pages.map((page) => (random() < 0.2 ? (nextPage += 1) : page));
      kept.push(await disk.save(`st-${round}`, pages));
      const [oldest] = kept.length > 3 ? kept.splice(0, 1) : [];
      if (oldest) await disk.store.remove(oldest.id);
      await disk.store.collect({ dryRun: false });
      sizes.push((await disk.store.usage()).storedBytes);
    }
    const liveBytes = 200 * 2100 * 1.6;
    expect(Math.max(...sizes)).toBeLessThan(2 * liveBytes);
    expect(Math.max(...sizes.slice(-12))).toBeLessThan(1.2 * Math.max(...sizes.slice(8, 24)));
    for (const manifest of kept) expect((await readState(disk.store, manifest)).byteLength).toBe(200 * PAGE_BYTES);
    await disk.dispose();
  });
});
