import * as crypto from 'node:crypto';
import { PAGE_BYTES } from '../../shared/bulk/state-plan.ts';
import { STATE_PIECE_BYTES } from '../../shared/bulk/resources.ts';
import { FailureError } from '../../shared/result.ts';
import { syncFolder } from '../durable.ts';
import type { Zstd } from '../zstd.ts';
import { soundBlock } from './block-check.ts';
import { planRelocation, type BlockUse } from './locality.ts';
import { FreshPages } from './fresh-pages.ts';
import type { OpenPack, PackFolder } from './pack-folder.ts';
import { BLOCK_PAGES, PACK_BLOCKS_MAX, PACK_PAGES_MAX, type PackTables } from './pack-format.ts';
import { PackWriter } from './pack-writer.ts';
import type { PageIndex } from './page-index.ts';
import { STATE_MAX_BYTES, ZERO_PAGE, type PageMap } from './page-map.ts';
import { isZeroPage, wholePage } from './whole-page.ts';

export interface IngestDependencies {
  readonly packs: PackFolder;
  /** What is stored already. */
  readonly index: PageIndex;
  readonly zstd: Zstd;
  readonly newPackId: () => string;
}

/** Where a state's pages are now. */
export interface Ingested {
  readonly map: PageMap;
  /** Size of the packs that were written for it. */
  readonly packBytes: number;
}

const PLACES_MIN = 4096;

/** Takes a state's bytes apart into pages and stores those that are not there yet. */
export class PageIngest {
  private readonly dependencies: IngestDependencies;
  private places = new Uint32Array(PLACES_MIN);
  private pageCount = 0;
  private sizeBytes = 0;
  /** Packs the state refers to: ids by number, and the tables of those that were there before. */
  private readonly packIds: string[] = [];
  private readonly packNumbers = new Map<string, number>();
  private readonly tables = new Map<number, PackTables>();
  /** New pages by hash. */
  private readonly fresh = new FreshPages();
  private readonly written: PackWriter[] = [];
  private packBytes = 0;
  private current: PackWriter | null = null;
  private currentNumber = 0;

  constructor(dependencies: IngestDependencies) {
    this.dependencies = dependencies;
  }

  /** @throws FailureError `bad-input` */
  async write(piece: Uint8Array): Promise<void> {
    const badSize = piece.byteLength === 0 || piece.byteLength > STATE_PIECE_BYTES;
    if (badSize || this.sizeBytes % STATE_PIECE_BYTES !== 0) {
      throw new FailureError('bad-input', 'A state must arrive in whole pieces.');
    }
    if (this.sizeBytes + piece.byteLength > STATE_MAX_BYTES) {
      throw new FailureError('limit', 'The state is larger than any machine’s could be. It was not saved.');
    }
    this.sizeBytes += piece.byteLength;
    for (let offset = 0; offset < piece.byteLength; offset += PAGE_BYTES) {
      const page = wholePage(piece, offset);
      if (isZeroPage(page)) {
        this.addPlace(ZERO_PAGE);
        continue;
      }
      const hash = sha256(page);
      let place = this.known(hash);
      if (place === null) {
        place = await this.store(page, hash);
        this.fresh.add(hash, place);
      }
      this.addPlace(place);
    }
    await this.current?.flush();
  }

  /** Makes everything durable that the state needs. */
  async finish(): Promise<Ingested> {
    await this.relocate();
    if (this.current) await this.endPack(this.current);
    for (const pack of this.written) await pack.publish();
    const map = this.map();
    // Also for packs that somebody else has just published: their names may not be durable yet.
    if (map.packs.length > 0) await syncFolder(this.dependencies.packs.path);
    return { map, packBytes: this.packBytes };
  }

  /** Removes what was written and not published. */
  async abort(): Promise<void> {
    const packs = this.current && !this.written.includes(this.current) ? [...this.written, this.current] : this.written;
    await Promise.allSettled(packs.map((pack) => pack.abort()));
  }

  private addPlace(place: number): void {
    if (this.pageCount === this.places.length) {
      const grown = new Uint32Array(2 * this.places.length);
      grown.set(this.places);
      this.places = grown;
    }
    this.places[this.pageCount] = place;
    this.pageCount += 1;
  }

  /** Where a page is that some state has, or this one had before; null for a new one. */
  private known(hash: Uint8Array): number | null {
    const found = this.dependencies.index.find(hash, 0);
    return found ? this.numberOf(found.pack) * PACK_PAGES_MAX + found.page : this.fresh.find(hash);
  }

  private async store(page: Uint8Array, hash: Uint8Array): Promise<number> {
    const pack = this.current && !this.current.isFull ? this.current : await this.beginPack();
    return this.currentNumber * PACK_PAGES_MAX + pack.addPage(page, hash);
  }

  private async beginPack(): Promise<PackWriter> {
    if (this.current) await this.endPack(this.current);
    const { packs, zstd, newPackId } = this.dependencies;
    this.current = await PackWriter.create(packs.path, newPackId(), 0, zstd);
    this.currentNumber = this.packIds.push(this.current.id) - 1;
    return this.current;
  }

  private async endPack(pack: PackWriter): Promise<void> {
    this.written.push(pack);
    this.packBytes += await pack.finish();
    this.current = null;
  }

  private numberOf(pack: PackTables): number {
    const known = this.packNumbers.get(pack.id);
    if (known !== undefined) return known;
    const number = this.packIds.push(pack.id) - 1;
    this.packNumbers.set(pack.id, number);
    this.tables.set(number, pack);
    return number;
  }

  /** Stores pages once more that are spread over too many blocks or packs. */
  private async relocate(): Promise<void> {
    const uses = this.blockUses();
    const moved = planRelocation(uses, this.fresh.size);
    if (moved.length === 0) return;
    const wanted = new Set(this.places.subarray(0, this.pageCount));
    const newPlaces = new Map<number, number>();
    for (const [number, blocks] of byPack(moved)) {
      const pack = await this.dependencies.packs.open(this.packIds[number] ?? '');
      try {
        for (const block of blocks) {
          await this.moveBlock(pack, number, block, wanted, newPlaces);
          await this.current?.flush();
        }
      } finally {
        await pack.close();
      }
    }
    for (let page = 0; page < this.pageCount; page += 1) {
      const place = newPlaces.get(this.places[page] ?? ZERO_PAGE);
      if (place !== undefined) this.places[page] = place;
    }
  }

  private blockUses(): BlockUse[] {
    const used = new Map<number, Set<number>>();
    for (const place of this.places.subarray(0, this.pageCount)) {
      if (place === ZERO_PAGE || !this.tables.has(Math.floor(place / PACK_PAGES_MAX))) continue;
      const block = Math.floor(place / BLOCK_PAGES);
      const pages = used.get(block);
      if (pages) pages.add(place);
      else used.set(block, new Set([place]));
    }
    return [...used].map(([key, pages]) => {
      const pack = Math.floor(key / PACK_BLOCKS_MAX);
      const block = key % PACK_BLOCKS_MAX;
      return { pack, block, usedPages: pages.size, livePages: this.tables.get(pack)?.livePages(block) ?? BLOCK_PAGES };
    });
  }

  private async moveBlock(
    pack: OpenPack,
    number: number,
    block: number,
    wanted: ReadonlySet<number>,
    newPlaces: Map<number, number>,
  ): Promise<void> {
    const raw = await this.blockToMove(pack, block);
    for (let page = block * BLOCK_PAGES; page < (block + 1) * BLOCK_PAGES; page += 1) {
      const place = number * PACK_PAGES_MAX + page;
      if (!wanted.has(place)) continue;
      const rank = pack.tables.rank(page);
      const bytes = raw.subarray(rank * PAGE_BYTES, (rank + 1) * PAGE_BYTES);
      newPlaces.set(place, await this.store(bytes, pack.tables.hash(page)));
    }
  }

  private async blockToMove(pack: OpenPack, block: number): Promise<Uint8Array> {
    const { packs, zstd } = this.dependencies;
    try {
      return await soundBlock(packs, pack, block, zstd);
    } catch (cause) {
      if (!(cause instanceof FailureError) || cause.code !== 'damaged') throw cause;
      // The pages themselves are gone, so this state has to come once more; then it is not built on them.
      throw new FailureError(
        'damaged',
        'The state was not saved: a block of pages that it shares with an earlier one was found damaged on disk. It will not be used again: try again, and verify the library.',
        { cause },
      );
    }
  }

  /** With the packs that are used only, numbered anew. */
  private map(): PageMap {
    const numbers = new Map<number, number>();
    const packs: string[] = [];
    const places = this.places.slice(0, this.pageCount);
    for (const [page, place] of places.entries()) {
      if (place === ZERO_PAGE) continue;
      const old = Math.floor(place / PACK_PAGES_MAX);
      let number = numbers.get(old);
      if (number === undefined) {
        number = packs.push(this.packIds[old] ?? '') - 1;
        numbers.set(old, number);
      }
      places[page] = number * PACK_PAGES_MAX + (place % PACK_PAGES_MAX);
    }
    return { sizeBytes: this.sizeBytes, packs, places };
  }
}

/** Each pack is opened once. */
function byPack(moved: readonly BlockUse[]): Map<number, number[]> {
  const packs = new Map<number, number[]>();
  for (const { pack, block } of moved) {
    const blocks = packs.get(pack);
    if (blocks) blocks.push(block);
    else packs.set(pack, [block]);
  }
  return packs;
}

function sha256(page: Uint8Array): Buffer {
  // Half the time of `createHash` for a page; Node has it since 20.12.
  return crypto.hash('sha256', page, 'buffer');
}
