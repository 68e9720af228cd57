import { BLOCK_PAGES, PACK_PAGES_MAX, type PackTables } from './pack-format.ts';
import { ZERO_PAGE, type PageMap } from './page-map.ts';

/** More states than one need a page: how many does not matter. */
const SHARED = 2;

/** Which pages of which packs states need: none, one or several of them. */
export class PageUses {
  private readonly packs = new Map<string, Uint8Array>();

  /** Counts what one more state needs. */
  add(map: PageMap): void {
    const own = new Map<number, Uint8Array>();
    for (const place of map.places) {
      if (place === ZERO_PAGE) continue;
      const number = Math.floor(place / PACK_PAGES_MAX);
      let seen = own.get(number);
      if (!seen) own.set(number, (seen = new Uint8Array(PACK_PAGES_MAX)));
      seen[place % PACK_PAGES_MAX] = 1;
    }
    for (const [number, seen] of own) {
      const counts = this.counts(map.packs[number] ?? '');
      for (const [page, isSeen] of seen.entries()) {
        if (isSeen === 1) counts[page] = Math.min(SHARED, (counts[page] ?? 0) + 1);
      }
    }
  }

  isNeeded(packId: string, page: number): boolean {
    return (this.packs.get(packId)?.[page] ?? 0) > 0;
  }

  /** Whether any page of a pack is needed. */
  needsPack(packId: string): boolean {
    return this.packs.get(packId)?.some((count) => count > 0) ?? false;
  }

  /** Stored bytes that nobody else needs than this state, which was counted. */
  uniqueBytes(map: PageMap, tables: ReadonlyMap<string, PackTables>): number {
    const own = new Set<number>();
    let bytes = 0;
    for (const place of map.places) {
      if (place === ZERO_PAGE || own.has(place)) continue;
      own.add(place);
      const id = map.packs[Math.floor(place / PACK_PAGES_MAX)] ?? '';
      const page = place % PACK_PAGES_MAX;
      const pack = tables.get(id);
      if (pack && this.packs.get(id)?.[page] === 1) bytes += storedPageBytes(pack, page);
    }
    return Math.round(bytes);
  }

  /** Stored bytes of a pack's pages that nobody needs. */
  deadBytes(pack: PackTables): number {
    let bytes = 0;
    for (let page = 0; page < pack.pageCount; page += 1) {
      if (!this.isNeeded(pack.id, page) && !pack.isDropped(page)) bytes += storedPageBytes(pack, page);
    }
    return Math.round(bytes);
  }

  private counts(packId: string): Uint8Array {
    const known = this.packs.get(packId);
    if (known) return known;
    const counts = new Uint8Array(PACK_PAGES_MAX);
    this.packs.set(packId, counts);
    return counts;
  }
}

/** A page's share of its block. */
function storedPageBytes(pack: PackTables, page: number): number {
  const block = Math.floor(page / BLOCK_PAGES);
  return pack.storedBytes(block) / Math.max(1, pack.livePages(block));
}
