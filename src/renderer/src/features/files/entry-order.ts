import type { DirEntry } from '../../../../machine/protocol.ts';

export const COLUMNS = ['name', 'size', 'modified', 'mode'] as const;
export type Column = (typeof COLUMNS)[number];

export interface EntryOrder {
  readonly column: Column;
  readonly isDescending: boolean;
}

/** A press on a column's head: that column, or the other way round when it is that already. */
export function ordering(order: EntryOrder, column: Column): EntryOrder {
  return { column, isDescending: order.column === column && !order.isDescending };
}

/** Folders first, then by the column, then by name as people count: `a2` before `a10`. */
export function inOrder(entries: readonly DirEntry[], order: EntryOrder, locale: string): DirEntry[] {
  const collator = new Intl.Collator(locale, { numeric: true });
  // What people take for the same has an order, too, so that rows stay where they are.
  const byName = (a: DirEntry, b: DirEntry): number =>
    collator.compare(a.name, b.name) || (a.name < b.name ? -1 : Number(a.name > b.name));
  const byColumn: Readonly<Record<Column, (a: DirEntry, b: DirEntry) => number>> = {
    name: byName,
    size: (a, b) => a.sizeBytes - b.sizeBytes,
    modified: (a, b) => a.modifiedAtS - b.modifiedAtS,
    mode: (a, b) => a.mode - b.mode,
  };
  const sign = order.isDescending ? -1 : 1;
  const rank = ({ kind }: DirEntry): number => (kind === 'directory' ? 0 : 1);
  return entries.toSorted((a, b) => rank(a) - rank(b) || sign * byColumn[order.column](a, b) || byName(a, b));
}
