import type { TextFrame } from '../../../../machine/screen-frame.ts';
import { CODE_PAGE_437 } from './code-page-437.ts';

/** What stands on a text screen, line by line, without what only fills the lines. */
export function screenText(frame: TextFrame): string {
  const lines = Array.from({ length: frame.rows }, (_, row) => {
    const cells = frame.characters.subarray(row * frame.columns, (row + 1) * frame.columns);
    return Array.from(cells, (cell) => CODE_PAGE_437[cell] ?? ' ')
      .join('')
      .trimEnd();
  });
  return lines.join('\n').trimEnd();
}

/** What a PC's firmware writes before it starts a kernel. */
const FIRMWARE_LINE = /^(?:SeaBIOS |Machine UUID |iPXE |PCI2\.10 |Booting from |Press .* for boot menu)/;

/** Whether nobody but the firmware has written anything: the guest's kernel does not know the display. */
export function isUnused(text: string): boolean {
  return text.split('\n').every((line) => line === '' || FIRMWARE_LINE.test(line));
}

/** The cells that look different, by their number. All of them when the size has changed. */
export function changedCells(before: TextFrame | null, after: TextFrame): readonly number[] {
  const count = after.columns * after.rows;
  const all = before?.columns !== after.columns || before.rows !== after.rows;
  const changed: number[] = [];
  const cursors = all ? [] : [cursorCell(before), cursorCell(after)];
  for (let cell = 0; cell < count; cell += 1) {
    if (
      all ||
      before.characters[cell] !== after.characters[cell] ||
      before.foreground[cell] !== after.foreground[cell] ||
      before.background[cell] !== after.background[cell] ||
      (cursors[0] !== cursors[1] && cursors.includes(cell))
    )
      changed.push(cell);
  }
  return changed;
}

export function cursorCell({ cursor, columns }: TextFrame): number {
  return cursor === null ? -1 : cursor.row * columns + cursor.column;
}
