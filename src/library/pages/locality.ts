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
 * @param newPages pages that are written for the state anyway @param newPacks packs they take
 */
export function planRelocation(uses: readonly BlockUse[], newPages: number, newPacks: number): readonly BlockUse[] {
  const moved = new Set<BlockUse>(ofLeastUsedPacks(uses, STATE_PACKS_MAX - Math.max(newPacks, 1)));
  let neededPages = newPages;
  let readPages = newPages;
  for (const use of uses) {
    neededPages += use.usedPages;
    readPages += moved.has(use) ? use.usedPages : use.livePages;
  }
  const leastUsedFirst = [...uses].sort((a, b) => a.usedPages / a.livePages - b.usedPages / b.livePages);
  for (const use of leastUsedFirst) {
    if (readPages <= AMPLIFICATION_MAX * neededPages) break;
    if (moved.has(use)) continue;
    moved.add(use);
    readPages -= use.livePages - use.usedPages;
  }
  return uses.filter((use) => moved.has(use));
}

function ofLeastUsedPacks(uses: readonly BlockUse[], packsMax: number): BlockUse[] {
  const usedPages = new Map<number, number>();
  for (const use of uses) usedPages.set(use.pack, (usedPages.get(use.pack) ?? 0) + use.usedPages);
  const excess = usedPages.size - packsMax;
  if (excess <= 0) return [];
  const doomed = [...usedPages].sort(([, a], [, b]) => a - b).slice(0, excess);
  const packs = new Set(doomed.map(([pack]) => pack));
  return uses.filter(({ pack }) => packs.has(pack));
}
