import { PAGE_BYTES, encodeStatePlan } from '../../shared/bulk/state-plan.ts';
import { STATE_PIECE_BYTES } from '../../shared/bulk/resources.ts';
import type { StateManifest } from '../../shared/model/state.ts';
import { FailureError } from '../../shared/result.ts';
import type { StateLoad, StatePages } from '../state-store.ts';
import type { Zstd } from '../zstd.ts';
import { checkBlock, verifiedBlock } from './block-check.ts';
import { loadPieces } from './load-pieces.ts';
import { plannedBlock, planLoad, type LoadStep } from './load-plan.ts';
import type { OpenPack, PackFolder } from './pack-folder.ts';
import { BLOCK_PAGES, HASH_BYTES, PACK_BLOCKS_MAX, PACK_PAGES_MAX } from './pack-format.ts';
import { ZERO_PAGE, type PageMap } from './page-map.ts';
import { damagedState } from './state-folder.ts';

/** Decompressed blocks that are kept for the next page: 16 MiB. */
const BLOCKS_KEPT = 256;

/** A state whose packs are all open, so that it stays readable whatever is cleaned up. */
export class PageReader implements StatePages {
  readonly pageCount: number;
  private readonly manifest: StateManifest;
  private readonly map: PageMap;
  private readonly folder: PackFolder;
  private readonly packs: readonly OpenPack[];
  private readonly zstd: Zstd;
  private readonly blocks = new Map<number, Uint8Array>();
  private pageHashes: Uint8Array | null = null;
  /** The run that {@link pieces} will want next. */
  private ahead: BlockRun | null = null;

  private constructor(
    manifest: StateManifest,
    map: PageMap,
    folder: PackFolder,
    packs: readonly OpenPack[],
    zstd: Zstd,
  ) {
    this.manifest = manifest;
    this.map = map;
    this.folder = folder;
    this.packs = packs;
    this.zstd = zstd;
    this.pageCount = map.places.length;
  }

  /** @throws FailureError `damaged` */
  static async open(manifest: StateManifest, map: PageMap, folder: PackFolder, zstd: Zstd): Promise<PageReader> {
    const packs: OpenPack[] = [];
    try {
      const listed = (await folder.list()).packs;
      const names = new Map(listed.map((name) => [name.id, name]));
      for (const id of map.packs) packs.push(await folder.open(id, names.get(id)));
      for (const place of map.places) {
        if (place === ZERO_PAGE) continue;
        const tables = packs[Math.floor(place / PACK_PAGES_MAX)]?.tables;
        const page = place % PACK_PAGES_MAX;
        if (!tables || page >= tables.pageCount || tables.isDropped(page)) {
          throw damagedState(manifest, 'needs a page that no pack has');
        }
      }
      return new PageReader(manifest, map, folder, packs, zstd);
    } catch (cause) {
      await Promise.all(packs.map((pack) => pack.close()));
      if (cause instanceof FailureError && cause.code === 'damaged')
        throw damagedState(manifest, 'is damaged on disk', cause);
      throw cause;
    }
  }

  get hashes(): Uint8Array {
    this.pageHashes ??= this.collectHashes();
    return this.pageHashes;
  }

  async read(page: number): Promise<Uint8Array> {
    const place = this.map.places[page];
    if (place === undefined) throw new RangeError('a state has no such page');
    if (place === ZERO_PAGE) return new Uint8Array(PAGE_BYTES);
    const start = this.rank(place) * PAGE_BYTES;
    return (await this.block(Math.floor(place / BLOCK_PAGES))).slice(start, start + PAGE_BYTES);
  }

  /** All of it, in pieces. Closes when that has ended. */
  async *pieces(): AsyncGenerator<Uint8Array, void, void> {
    try {
      const { sizeBytes } = this.manifest;
      for (let offset = 0; offset < sizeBytes; offset += STATE_PIECE_BYTES) {
        const piece = new Uint8Array(Math.min(STATE_PIECE_BYTES, sizeBytes - offset));
        for (let at = 0; at < piece.byteLength; at += PAGE_BYTES) {
          const place = this.map.places[(offset + at) / PAGE_BYTES] ?? ZERO_PAGE;
          if (place === ZERO_PAGE) continue;
          const key = Math.floor(place / BLOCK_PAGES);
          // Most pages are in the block of the one before: waiting for each would take longer than copying it.
          const block = this.blocks.get(key) ?? (await this.nextBlock((offset + at) / PAGE_BYTES));
          const start = this.rank(place) * PAGE_BYTES;
          piece.set(block.subarray(start, start + Math.min(PAGE_BYTES, piece.byteLength - at)), at);
        }
        yield piece;
      }
    } finally {
      await this.close();
    }
  }

  /** For a machine. Closes when the pieces have ended. */
  load(): StateLoad {
    const { sizeBytes, frontBytes } = this.manifest;
    const steps = planLoad(
      this.map,
      this.packs.map(({ tables }) => tables),
      frontBytes,
    );
    const plan = encodeStatePlan({
      sizeBytes,
      frontBytes,
      blocks: steps.map(plannedBlock),
    });
    return { plan, pieces: this.loadPieces(steps) };
  }

  async close(): Promise<void> {
    this.blocks.clear();
    // A file is closed when nobody reads it any more.
    await Promise.allSettled([this.ahead?.stored]);
    await Promise.all(this.packs.map((pack) => pack.close()));
  }

  private collectHashes(): Uint8Array {
    const hashes = new Uint8Array(this.pageCount * HASH_BYTES);
    for (const [page, place] of this.map.places.entries()) {
      if (place === ZERO_PAGE) continue;
      const { tables } = this.pack(Math.floor(place / PACK_PAGES_MAX));
      hashes.set(tables.hash(place % PACK_PAGES_MAX), page * HASH_BYTES);
    }
    return hashes;
  }

  private async *loadPieces(steps: readonly LoadStep[]): AsyncGenerator<Uint8Array, void, void> {
    try {
      yield* loadPieces(steps, {
        readStored: (pack, first, last) => this.pack(pack).readStored(first, last),
        check: (step, stored) => this.orDamaged(step, () => checkBlock(step.block, stored)),
        unpack: (step, stored) => this.orDamaged(step, () => verifiedBlock(step.block, stored, this.zstd)),
      });
    } finally {
      await this.close();
    }
  }

  private pack(number: number): OpenPack {
    const pack = this.packs[number];
    if (!pack) throw new Error('a page map refers to a pack that is not open');
    return pack;
  }

  private rank(place: number): number {
    return this.pack(Math.floor(place / PACK_PAGES_MAX)).tables.rank(place % PACK_PAGES_MAX);
  }

  private async block(key: number): Promise<Uint8Array> {
    return this.blocks.get(key) ?? this.take(this.readBlocks(key, 1));
  }

  /** The block of a page that is read in its turn. While its run is decompressed, the run behind it is read. */
  private async nextBlock(page: number): Promise<Uint8Array> {
    const key = this.keyOf(page);
    const count = this.blocksAhead(page);
    const run = this.ahead?.key === key ? this.ahead : this.readBlocks(key, count);
    this.ahead = null;
    const next = this.nextRun(page, run);
    if (next !== null) {
      this.ahead = this.readBlocks(this.keyOf(next), this.blocksAhead(next));
      // One that fails is reported when it is its turn, if that comes.
      this.ahead.stored.catch(() => undefined);
    }
    return this.take(run);
  }

  private readBlocks(key: number, count: number): BlockRun {
    const pack = this.pack(Math.floor(key / PACK_BLOCKS_MAX));
    const first = pack.tables.block(key % PACK_BLOCKS_MAX);
    const last = pack.tables.block((key % PACK_BLOCKS_MAX) + count - 1);
    return { key, count, stored: pack.readStored(first, last) };
  }

  /** Keeps a run's blocks. @returns the first one */
  private async take({ key, count, stored }: BlockRun): Promise<Uint8Array> {
    const pack = this.pack(Math.floor(key / PACK_BLOCKS_MAX));
    const bytes = await stored;
    const { offset } = pack.tables.block(key % PACK_BLOCKS_MAX);
    for (let index = 0; index < count; index += 1) {
      const number = (key % PACK_BLOCKS_MAX) + index;
      const row = pack.tables.block(number);
      const start = row.offset - offset;
      await this.keep(pack, number, key + index, bytes.subarray(start, start + row.storedBytes));
    }
    const block = this.blocks.get(key);
    if (!block) throw new Error('a block was not kept');
    return block;
  }

  /** The first page behind this one whose block is neither here nor in the run. */
  private nextRun(page: number, { key, count }: BlockRun): number | null {
    const stop = Math.min(this.map.places.length, page + PAGES_LOOKED_AHEAD);
    for (let next = page + 1; next < stop; next += 1) {
      if (this.map.places[next] === ZERO_PAGE) continue;
      const block = this.keyOf(next);
      if ((block < key || block >= key + count) && !this.blocks.has(block)) return next;
    }
    return null;
  }

  private keyOf(page: number): number {
    return Math.floor((this.map.places[page] ?? 0) / BLOCK_PAGES);
  }

  private async keep(pack: OpenPack, number: number, key: number, stored: Uint8Array): Promise<void> {
    const raw = await this.orDamaged({ pack: this.packs.indexOf(pack), number }, () =>
      verifiedBlock(pack.tables.block(number), stored, this.zstd),
    );
    const [oldest] = this.blocks.keys();
    if (this.blocks.size >= BLOCKS_KEPT && oldest !== undefined) this.blocks.delete(oldest);
    this.blocks.set(key, raw);
  }

  /** A block that turns out to be damaged is remembered, so that nothing new is built on it. @throws FailureError `damaged` */
  private async orDamaged<T>({ pack, number }: Pick<LoadStep, 'pack' | 'number'>, work: () => T): Promise<T> {
    try {
      return work();
    } catch (cause) {
      if (!(cause instanceof FailureError)) throw cause;
      await this.folder.addBadBlocks(this.pack(pack).name, [number]);
      const how = 'is damaged on disk (a block of it does not match its checksum)';
      throw damagedState(this.manifest, how, cause);
    }
  }

  /** How many blocks that lie one behind the other are wanted from this page on, one after the other. */
  private blocksAhead(page: number): number {
    const { places } = this.map;
    const first = Math.floor((places[page] ?? 0) / BLOCK_PAGES);
    const stop = Math.min(places.length, page + BLOCKS_AHEAD * BLOCK_PAGES);
    let count = 1;
    for (let next = page + 1; next < stop; next += 1) {
      const key = Math.floor((places[next] ?? 0) / BLOCK_PAGES);
      if (key < first + count) continue;
      if (key > first + count || key % PACK_BLOCKS_MAX === 0 || this.blocks.has(key)) break;
      count += 1;
    }
    return count;
  }
}

/** How far the next read is looked for: four runs. */
const PAGES_LOOKED_AHEAD = 1024;

/** Neighbouring blocks that are being read. */
interface BlockRun {
  readonly key: number;
  readonly count: number;
  readonly stored: Promise<Uint8Array>;
}

/** Blocks read at once: up to 1 MiB, as far as they are wanted. */
const BLOCKS_AHEAD = 16;
