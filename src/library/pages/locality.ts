import { PACK_PAGES_MAX } from './pack-format.ts';

/** How many pages of a block an earlier state wrote a new one needs. */
export interface BlockUse {
  readonly pack: number;
  readonly block: number;
  readonly usedPages: number;
  /** Pages that have to be decompressed for them. */
  readonly livePages: number;
}

/** A state may ask for this many times its own pages to be decompressed. */
const AMPLIFICATION_MAX = 2;
/** All are open while a state is read. */
export const STATE_PACKS_MAX = 64;

/**
 * Which blocks are to be written once more, next to what is new, so that reading a state stays cheap however many
 * others it shares its pages with: the least used first, and all of the packs that give least.
 * @param newPages pages that are written for the state anyway
 */
export function planRelocation(uses: readonly BlockUse[], newPages: number): readonly BlockUse[] {
  const moved = new Set<BlockUse>();
  let neededPages = newPages;
  let readPages = newPages;
  let writtenPages = newPages;
  for (const use of uses) {
    neededPages += use.usedPages;
    readPages += use.livePages;
  }
  const leastUsedFirst = [...uses].sort((a, b) => a.usedPages / a.livePages - b.usedPages / b.livePages);
  for (const use of leastUsedFirst) {
    if (readPages <= AMPLIFICATION_MAX * neededPages) break;
    moved.add(use);
    readPages -= use.livePages - use.usedPages;
    writtenPages += use.usedPages;
  }
  const packs = spentPacks(
    uses.filter((use) => !moved.has(use)),
    writtenPages,
  );
  return uses.filter((use) => moved.has(use) || packs.has(use.pack));
}

/** The packs that give least, as many as it takes; what is moved takes room in new packs, too. */
function spentPacks(uses: readonly BlockUse[], pagesToWrite: number): ReadonlySet<number> {
  const usedPages = new Map<number, number>();
  for (const use of uses) usedPages.set(use.pack, (usedPages.get(use.pack) ?? 0) + use.usedPages);
  const spent = new Set<number>();
  let writtenPages = pagesToWrite;
  for (const [pack, pages] of [...usedPages].sort(([, a], [, b]) => a - b)) {
    const isFew = usedPages.size - spent.size + Math.ceil(writtenPages / PACK_PAGES_MAX) <= STATE_PACKS_MAX;
    // A full one takes a new one: nothing is gained.
    if (isFew || pages === PACK_PAGES_MAX) break;
    spent.add(pack);
    writtenPages += pages;
  }
  return spent;
}
