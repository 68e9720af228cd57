/** The name somebody probably meant. */

/** Longer words are not typed by hand; the distance takes time in proportion to the square. */
const WORD_MAX_CHARACTERS = 40;

/**
 * The candidate with the fewest slips from what was typed, or null when none is near: one slip in a short word, one
 * in three letters in a long one.
 */
export function nearest(typed: string, candidates: readonly string[]): string | null {
  if (typed.length > WORD_MAX_CHARACTERS) return null;
  const allowed = Math.max(1, Math.floor(typed.length / 3));
  let best: string | null = null;
  let bestSlips = allowed + 1;
  for (const candidate of candidates) {
    const slips = slipsBetween(typed, candidate.slice(0, WORD_MAX_CHARACTERS));
    if (slips < bestSlips) [best, bestSlips] = [candidate, slips];
  }
  return best;
}

/** Letters added, left out, mistaken, or two neighbours exchanged (the restricted Damerau-Levenshtein distance). */
function slipsBetween(one: string, other: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, j) => j);
  for (let i = 1; i <= one.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const mistaken = (last[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1);
      let slips = Math.min(mistaken, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      const isExchange = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      if (isExchange) slips = Math.min(slips, (beforeLast[j - 2] ?? 0) + 1);
      row.push(slips);
    }
    [beforeLast, last] = [last, row];
  }
  return last[other.length] ?? 0;
}
