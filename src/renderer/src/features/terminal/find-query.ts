import type { ISearchOptions } from '@xterm/addon-search';

/** What a person looks for in a terminal. */
export interface FindQuery {
  readonly text: string;
  readonly isCaseSensitive: boolean;
  readonly isWholeWord: boolean;
  readonly isPattern: boolean;
}

/** Why a query cannot be looked for. */
export type FindProblem = 'too-long' | 'bad-pattern' | 'slow-pattern' | 'empty-pattern';

const QUERY_MAX_CHARACTERS = 300;
/** Each more of them makes a search that finds nothing slower by the length of a line. */
const UNBOUNDED_MAX = 4;

/** @returns null when it can be looked for */
export function findProblem({ text, isPattern }: FindQuery): FindProblem | null {
  if (text.length > QUERY_MAX_CHARACTERS) return 'too-long';
  if (!isPattern) return null;
  let pattern: RegExp;
  try {
    pattern = new RegExp(text);
  } catch {
    return 'bad-pattern';
  }
  if (isSlow(text)) return 'slow-pattern';
  return pattern.test('') ? 'empty-pattern' : null;
}

export function searchOptions({ isCaseSensitive, isWholeWord, isPattern }: FindQuery): ISearchOptions {
  return { caseSensitive: isCaseSensitive, wholeWord: isWholeWord, regex: isPattern };
}

/**
 * Whether a valid pattern could take exponential time, or much more than the line is long: one repeated group that holds
 * a repetition or a choice, a reference back, or many open-ended repetitions. JavaScript's engine tries every way to
 * match, the guest chooses the text, and nothing can interrupt it.
 */
function isSlow(pattern: string): boolean {
  const groups: { isVariable: boolean }[] = [];
  let unbounded = 0;
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern[at];
    if (character === '\\') {
      at += 1;
      if (/[1-9k]/u.test(pattern[at] ?? '')) return true;
    } else if (character === '[') {
      at = endOfClass(pattern, at);
    } else if (character === '(') {
      groups.push({ isVariable: false });
    } else if (character === '|') {
      for (const group of groups) group.isVariable = true;
    } else if (character === ')') {
      const group = groups.pop();
      const repetition = repetitionAt(pattern, at + 1);
      if (group?.isVariable === true && repetition !== null && repetition.max > 1) return true;
    } else {
      const repetition = repetitionAt(pattern, at);
      if (repetition === null) continue;
      for (const group of groups) group.isVariable = true;
      if (repetition.max > 20) unbounded += 1;
    }
  }
  return unbounded > UNBOUNDED_MAX;
}

function endOfClass(pattern: string, from: number): number {
  for (let at = from + 1; at < pattern.length; at += 1) {
    if (pattern[at] === '\\') at += 1;
    else if (pattern[at] === ']') return at;
  }
  return pattern.length;
}

function repetitionAt(pattern: string, at: number): { readonly max: number } | null {
  const character = pattern[at];
  if (character === '*' || character === '+') return { max: Infinity };
  // The mark of a lazy repetition, or of what kind of group it is, repeats nothing.
  if (character === '?') return { max: 1 };
  const braces = /^\{(\d+)(,(\d*))?\}/u.exec(pattern.slice(at, at + 30));
  if (!braces) return null;
  const [, from = '', comma, to] = braces;
  if (comma === undefined) return { max: Number(from) };
  return { max: to === undefined || to === '' ? Infinity : Number(to) };
}
