import type { PackTables } from './pack-format.ts';
import { BLOCK_PAGES, PACK_PAGES_MAX } from './pack-format.ts';

/** Where a page is. */
export interface PagePlace {
  readonly pack: PackTables;
  readonly page: number;
}

/**
 * Hashes of 16 GiB of pages take 128 MiB of memory. Beyond that, what is oldest is not found again and stored once
 * more.
 */
export const INDEX_PAGES_MAX = 4 * 1024 * 1024;
const SLOTS_MIN = 1024;

/** Finds pages by their hash: an open hash table over the packs' own tables. */
export class PageIndex {
  private packs: PackTables[] = [];
  /** 0: free; else one more than the pack's number times PACK_PAGES_MAX, plus the page's. */
  private slots = new Uint32Array(SLOTS_MIN);
  private count = 0;

  get pageCount(): number {
    return this.count;
  }

  /** Pages of the pack, but for those of its damaged blocks. What is there already is from now on found in this one. */
  add(pack: PackTables, badBlocks: ReadonlySet<number>): void {
    const number = this.packs.push(pack) - 1;
    for (let page = 0; page < pack.pageCount; page += 1) {
      if (badBlocks.has(Math.floor(page / BLOCK_PAGES)) || pack.isDropped(page)) continue;
      if (2 * (this.count + 1) > this.slots.length) this.grow();
      this.put(pack, number, page);
    }
  }

  /** @param offset where in `bytes` the hash begins */
  find(bytes: Uint8Array, offset: number): PagePlace | null {
    const start = (bytes[offset] ?? 0) | ((bytes[offset + 1] ?? 0) << 8);
    const key = (start | ((bytes[offset + 2] ?? 0) << 16) | ((bytes[offset + 3] ?? 0) << 24)) >>> 0;
    const mask = this.slots.length - 1;
    for (let slot = key & mask; ; slot = (slot + 1) & mask) {
      const value = this.slots[slot] ?? 0;
      if (value === 0) return null;
      const pack = this.packs[Math.floor((value - 1) / PACK_PAGES_MAX)];
      const page = (value - 1) % PACK_PAGES_MAX;
      if (pack?.hasHash(page, bytes, offset)) return { pack, page };
    }
  }

  private put(pack: PackTables, number: number, page: number): void {
    const mask = this.slots.length - 1;
    const hash = pack.hash(page);
    for (let slot = pack.hashStart(page) & mask; ; slot = (slot + 1) & mask) {
      const value = this.slots[slot] ?? 0;
      if (value !== 0) {
        const there = this.packs[Math.floor((value - 1) / PACK_PAGES_MAX)];
        if (!there?.hasHash((value - 1) % PACK_PAGES_MAX, hash, 0)) continue;
      } else this.count += 1;
      this.slots[slot] = number * PACK_PAGES_MAX + page + 1;
      return;
    }
  }

  private grow(): void {
    const old = this.slots;
    this.slots = new Uint32Array(2 * old.length);
    const mask = this.slots.length - 1;
    for (const value of old) {
      if (value === 0) continue;
      const pack = this.packs[Math.floor((value - 1) / PACK_PAGES_MAX)];
      if (!pack) continue;
      let slot = pack.hashStart((value - 1) % PACK_PAGES_MAX) & mask;
      while (this.slots[slot] !== 0) slot = (slot + 1) & mask;
      this.slots[slot] = value;
    }
  }
}
