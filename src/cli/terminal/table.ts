import { cutToWidth, displayWidth, padToWidth } from './display-width.ts';
import { printable } from './printable.ts';
import type { Painter } from './style.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** May be cut when the terminal is too narrow for the whole table. */
  readonly mayShrink?: boolean;
}

export interface TableLook {
  readonly paint: Painter;
  /** Columns of the terminal; null where lines may be as long as they are. */
  readonly widthColumns: number | null;
}

/** A column that was cut further would say nothing. */
const SHRUNK_MIN_COLUMNS = 8;
const GAP = '  ';

/** Lines of a table: a row of titles, then the rows. Cells may hold anything; they are made printable here. */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { paint, widthColumns }: TableLook,
): readonly string[] {
  const cells = rows.map((row) => row.map(printable));
  const widths = columns.map(({ title }, i) =>
    Math.max(displayWidth(title), ...cells.map((row) => displayWidth(row[i] ?? ''))),
  );
  if (widthColumns !== null) shrink(columns, widths, widthColumns);
  const line = (row: readonly string[]): string =>
    columns
      .map(({ align = 'left' }, i) => {
        const width = widths[i] ?? 0;
        const text = cutToWidth(row[i] ?? '', width);
        // Nothing follows it on the line.
        return i === columns.length - 1 && align === 'left' ? text : padToWidth(text, width, align);
      })
      .join(GAP)
      .trimEnd();
  return [paint('bold', line(columns.map(({ title }) => title))), ...cells.map(line)];
}

function shrink(columns: readonly Column[], widths: number[], widthColumns: number): void {
  let excess = widths.reduce((sum, width) => sum + width, 0) + GAP.length * (columns.length - 1) - widthColumns;
  while (excess > 0) {
    let widest = -1;
    columns.forEach((column, i) => {
      if (column.mayShrink === true && (widths[i] ?? 0) > (widths[widest] ?? SHRUNK_MIN_COLUMNS)) widest = i;
    });
    if (widest < 0) return;
    widths[widest] = (widths[widest] ?? 0) - 1;
    excess -= 1;
  }
}
