import UFuzzy from '@leeoniya/ufuzzy';
import type { PaletteEntry } from './palette-entries.ts';

/** More than anyone looks through; a better word finds what is not among them. */
const RESULTS_MAX = 100;
const QUERY_MAX = 100;

/** Letters of every script, each of which may be left out between: `snp` finds “snapshot”, `快照` finds “拍摄快照”. */
const fuzzy = new UFuzzy({
  unicode: true,
  interSplit: "[^\\p{L}\\d']+",
  intraSplit: '\\p{Ll}\\p{Lu}',
  intraBound: '\\p{L}\\d|\\d\\p{L}|\\p{Ll}\\p{Lu}',
  intraChars: "[\\p{L}\\d']",
  intraContr: "'\\p{L}{1,2}\\b",
  intraIns: 5,
});

/**
 * What matches a query, best first. Without a query everything is there, and what was used lately leads; with one, that
 * only decides between equals.
 */
export function searchEntries(
  entries: readonly PaletteEntry[],
  query: string,
  recent: readonly string[],
): readonly PaletteEntry[] {
  const wanted = query.trim().slice(0, QUERY_MAX);
  const inOrder = recentFirst(entries, recent);
  if (wanted === '') return inOrder.slice(0, RESULTS_MAX);
  const haystack = inOrder.map(({ searched }) => searched);
  const [found, info, order] = fuzzy.search(haystack, wanted, 3);
  const indexes = info ? order.map((at) => info.idx[at] ?? -1) : (found ?? []);
  // A name that has nothing to split at, or signs only, is still found by what it contains.
  const plain = haystack.flatMap((text, index) => (text.toLowerCase().includes(wanted.toLowerCase()) ? [index] : []));
  return [...new Set([...indexes, ...plain])].flatMap((index) => inOrder[index] ?? []).slice(0, RESULTS_MAX);
}

function recentFirst(entries: readonly PaletteEntry[], recent: readonly string[]): readonly PaletteEntry[] {
  const place = new Map(recent.map((id, index) => [id, index]));
  const rank = ({ id }: PaletteEntry): number => place.get(id) ?? recent.length;
  return entries.toSorted((a, b) => rank(a) - rank(b));
}
