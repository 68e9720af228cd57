import type { IBuffer } from '@xterm/xterm';
import type { ScreenPreview } from '../../../../shared/model/state.ts';

/** As much of a terminal as `shared/model/screen-preview.ts` takes. */
const COLUMNS_MAX = 240;
const ROWS_MAX = 100;
/** A column can hold a letter with many marks on it; few do. */
const LINE_MAX_CHARACTERS = 2 * COLUMNS_MAX;

/**
 * What the guest has on the screen of a terminal now, wherever a person has scrolled to. Of a larger terminal than a
 * thumbnail needs the last rows are taken: that is where things happen.
 * @returns null for an empty screen
 */
export function screenOf(
  buffer: Pick<IBuffer, 'baseY' | 'getLine'>,
  size: { readonly columns: number; readonly rows: number },
): ScreenPreview | null {
  const rows = Math.min(size.rows, ROWS_MAX);
  const columns = Math.min(size.columns, COLUMNS_MAX);
  const top = buffer.baseY + size.rows - rows;
  const lines: string[] = [];
  for (let row = 0; row < rows; row += 1) {
    const text = buffer.getLine(top + row)?.translateToString(true, 0, columns) ?? '';
    lines.push(text.slice(0, LINE_MAX_CHARACTERS).trimEnd());
  }
  while (lines.at(-1) === '') lines.pop();
  return lines.length === 0 ? null : { columns, rows, lines };
}
