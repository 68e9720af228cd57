import { PAGE_BYTES, type PlannedBlock } from '../../shared/bulk/state-plan.ts';
import { BLOCK_PAGES, PACK_BLOCKS_MAX, PACK_PAGES_MAX, type PackBlock, type PackTables } from './pack-format.ts';
import { ZERO_PAGE, type PageMap } from './page-map.ts';

/** A block that a machine is sent, and where it lies. */
export interface LoadStep {
  /** Number of its pack in the map. */
  readonly pack: number;
  readonly block: PackBlock;
  readonly uses: PlannedBlock['uses'];
}

/** How often one block of a plan may be used; beyond it, it is sent again. */
const USES_MAX = 0xffff;

/**
 * The blocks of a state in the order in which a machine needs them: those of its front by their first pages there, since it
 * begins with what says where everything else is; then the rest as they lie in their packs, in long pieces.
 * @param tables of the map's packs, by number
 */
export function planLoad(map: PageMap, tables: readonly PackTables[], frontBytes: number): LoadStep[] {
  const frontPages = Math.ceil(frontBytes / PAGE_BYTES);
  if (frontBytes === 0) return inOrder(map, tables);
  return [
    ...grouped(map, tables, 0, frontPages, 'page'),
    ...grouped(map, tables, frontPages, map.places.length, 'place'),
  ];
}

function grouped(
  map: PageMap,
  tables: readonly PackTables[],
  from: number,
  to: number,
  order: 'page' | 'place',
): LoadStep[] {
  const blocks = new Map<number, { rank: number; page: number }[]>();
  for (let page = from; page < to; page += 1) {
    const place = map.places[page] ?? ZERO_PAGE;
    if (place === ZERO_PAGE) continue;
    const key = Math.floor(place / BLOCK_PAGES);
    const use = { rank: rankOf(tables, place), page };
    const uses = blocks.get(key);
    if (uses) uses.push(use);
    else blocks.set(key, [use]);
  }
  const keys = [...blocks.keys()];
  if (order === 'place') keys.sort((a, b) => a - b);
  return keys.flatMap((key) => steps(tables, key, blocks.get(key) ?? []));
}

/** For who takes pages only one after another. */
function inOrder(map: PageMap, tables: readonly PackTables[]): LoadStep[] {
  const found: LoadStep[] = [];
  let key = -1;
  let uses: { rank: number; page: number }[] = [];
  for (const [page, place] of map.places.entries()) {
    if (place === ZERO_PAGE) continue;
    const next = Math.floor(place / BLOCK_PAGES);
    if (next !== key) {
      found.push(...steps(tables, key, uses));
      key = next;
      uses = [];
    }
    uses.push({ rank: rankOf(tables, place), page });
  }
  found.push(...steps(tables, key, uses));
  return found;
}

function steps(
  tables: readonly PackTables[],
  key: number,
  uses: readonly { rank: number; page: number }[],
): LoadStep[] {
  if (uses.length === 0) return [];
  const pack = Math.floor(key / PACK_BLOCKS_MAX);
  const block = tables[pack]?.block(key % PACK_BLOCKS_MAX);
  if (!block) throw new Error('a page map refers to a pack without tables');
  const found: LoadStep[] = [];
  for (let at = 0; at < uses.length; at += USES_MAX) found.push({ pack, block, uses: uses.slice(at, at + USES_MAX) });
  return found;
}

function rankOf(tables: readonly PackTables[], place: number): number {
  return tables[Math.floor(place / PACK_PAGES_MAX)]?.rank(place % PACK_PAGES_MAX) ?? 0;
}
