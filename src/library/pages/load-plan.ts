import { PAGE_BYTES, type PlannedBlock } from '../../shared/bulk/state-plan.ts';
import { BLOCK_PAGES, PACK_BLOCKS_MAX, PACK_PAGES_MAX, type PackBlock, type PackTables } from './pack-format.ts';
import { ZERO_PAGE, type PageMap } from './page-map.ts';

/** What a machine is sent of one block, and where that lies. */
export interface LoadStep {
  /** Number of its pack in the map. */
  readonly pack: number;
  /** Its number in the pack. */
  readonly number: number;
  readonly block: PackBlock;
  /** The pages of it that are sent, decompressed; null where it is sent whole, as it is stored. */
  readonly ranks: readonly number[] | null;
  /** Their ranks count in what is sent. */
  readonly uses: PlannedBlock['uses'];
}

/** How often one block of a plan may be used; beyond it, it is sent again. */
const USES_MAX = 0xffff;

/**
 * What a machine is sent, in the order in which it needs it: the blocks of its front by their first pages there, since it
 * begins with what says where everything else is, and as they are, since most of it waits long to be read; then the pages of
 * its memory as they lie in their packs, in long pieces. Three blocks of five the machine decompresses, the others are: so
 * both ends work at once and are done together (measured; with none or all left to the machine a restore takes a third longer).
 * @param tables of the map's packs, by number
 */
export function planLoad(map: PageMap, tables: readonly PackTables[], frontBytes: number): LoadStep[] {
  const frontPages = Math.ceil(frontBytes / PAGE_BYTES);
  if (frontBytes === 0) return inOrder(map, tables);
  const front = grouped(map, tables, 0, frontPages);
  const rest = grouped(map, tables, frontPages, map.places.length).sort(([a], [b]) => a - b);
  return [
    ...front.flatMap(([key, uses]) => steps(tables, key, uses, 'as-stored')),
    ...rest.flatMap(([key, uses], index) => steps(tables, key, uses, index % 5 < 3 ? 'as-stored' : 'pages')),
  ];
}

/** A step as the machine is told of it. */
export function plannedBlock({ block, ranks, uses }: LoadStep): PlannedBlock {
  if (!ranks) return { storedBytes: block.storedBytes, rawBytes: block.rawBytes, codec: block.codec, uses };
  const sizeBytes = ranks.length * PAGE_BYTES;
  return { storedBytes: sizeBytes, rawBytes: sizeBytes, codec: 'stored', uses };
}

type Use = PlannedBlock['uses'][number];

/** Which blocks have the pages from one to another, in the order of their first pages. */
function grouped(map: PageMap, tables: readonly PackTables[], from: number, to: number): [key: number, uses: Use[]][] {
  const blocks = new Map<number, Use[]>();
  for (let page = from; page < to; page += 1) {
    const place = map.places[page] ?? ZERO_PAGE;
    if (place === ZERO_PAGE) continue;
    const key = Math.floor(place / BLOCK_PAGES);
    const use = { rank: rankOf(tables, place), page };
    const uses = blocks.get(key);
    if (uses) uses.push(use);
    else blocks.set(key, [use]);
  }
  return [...blocks];
}

/** For who takes pages only one after another. */
function inOrder(map: PageMap, tables: readonly PackTables[]): LoadStep[] {
  const found: LoadStep[] = [];
  let key = -1;
  let uses: Use[] = [];
  for (const [page, place] of map.places.entries()) {
    if (place === ZERO_PAGE) continue;
    const next = Math.floor(place / BLOCK_PAGES);
    if (next !== key) {
      found.push(...steps(tables, key, uses, 'pages'));
      key = next;
      uses = [];
    }
    uses.push({ rank: rankOf(tables, place), page });
  }
  found.push(...steps(tables, key, uses, 'pages'));
  return found;
}

function steps(
  tables: readonly PackTables[],
  key: number,
  uses: readonly Use[],
  send: 'as-stored' | 'pages',
): LoadStep[] {
  if (uses.length === 0) return [];
  const pack = Math.floor(key / PACK_BLOCKS_MAX);
  const number = key % PACK_BLOCKS_MAX;
  const block = tables[pack]?.block(number);
  if (!block) throw new Error('a page map refers to a pack without tables');
  const found: LoadStep[] = [];
  for (let at = 0; at < uses.length; at += USES_MAX) {
    const some = uses.slice(at, at + USES_MAX);
    const sent = send === 'pages' ? pagesOnly(some) : { ranks: null, uses: some };
    found.push({ pack, number, block, ...sent });
  }
  return found;
}

/** The pages of a block that are used, and their uses, counted in those. */
function pagesOnly(uses: readonly Use[]): Pick<LoadStep, 'ranks' | 'uses'> {
  const ranks = [...new Set(uses.map(({ rank }) => rank))].sort((a, b) => a - b);
  return { ranks, uses: uses.map(({ rank, page }) => ({ rank: ranks.indexOf(rank), page })) };
}

function rankOf(tables: readonly PackTables[], place: number): number {
  return tables[Math.floor(place / PACK_PAGES_MAX)]?.rank(place % PACK_PAGES_MAX) ?? 0;
}
