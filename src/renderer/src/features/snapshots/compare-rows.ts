import type { FileChange, FileChanges } from '../../../../shared/model/file-changes.ts';

/** Rows drawn at once: more than a person reads, fewer than a page feels. */
const ROWS_SHOWN = 500;

export interface CompareRows {
  readonly rows: readonly FileChange[];
  /** How many there are that the search finds. */
  readonly count: number;
}

/** @param search part of a path, in any case */
export function compareRows({ changes }: FileChanges, search: string): CompareRows {
  const wanted = search.trim().toLowerCase();
  const found = wanted === '' ? changes : changes.filter(({ path }) => path.toLowerCase().includes(wanted));
  return { rows: found.slice(0, ROWS_SHOWN), count: found.length };
}

/** A path for the eye: what would break a line, or turn the direction of writing, is replaced. */
export function shownPath({ path, kind }: FileChange): string {
  const safe = path.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\u{fffd}');
  return kind === 'directory' ? `/${safe}/` : `/${safe}`;
}
