import { SCREEN_MAX_COLUMNS, SCREEN_MAX_ROWS, type TextFrame, type UnshownFrame } from './screen-frame.ts';

/** The characters of a VGA text mode, as the emulated card writes them. Sizes and places are the guest's to choose. */
export class TextScreen {
  #columns = 0;
  #rows = 0;
  #characters = new Uint8Array(0);
  #foreground = new Uint32Array(0);
  #background = new Uint32Array(0);
  #cursorColumn = 0;
  #cursorRow = 0;
  #hasCursor = false;
  #hasChanged = true;

  get hasChanged(): boolean {
    return this.#hasChanged;
  }

  /** Empties it. */
  resize(columns: number, rows: number): void {
    if (columns === this.#columns && rows === this.#rows) return;
    this.#columns = columns;
    this.#rows = rows;
    const cells = this.#isTooLarge ? 0 : columns * rows;
    this.#characters = new Uint8Array(cells);
    this.#foreground = new Uint32Array(cells);
    this.#background = new Uint32Array(cells);
    this.#hasChanged = true;
  }

  put(row: number, column: number, character: number, background: number, foreground: number): void {
    if (column >= this.#columns) return;
    const at = row * this.#columns + column;
    if (
      this.#characters[at] === character &&
      this.#foreground[at] === foreground &&
      this.#background[at] === background
    )
      return;
    // Outside of the arrays nothing is written.
    this.#characters[at] = character;
    this.#foreground[at] = foreground;
    this.#background[at] = background;
    this.#hasChanged = true;
  }

  moveCursor(row: number, column: number): void {
    if (row === this.#cursorRow && column === this.#cursorColumn) return;
    this.#cursorRow = row;
    this.#cursorColumn = column;
    this.#hasChanged = true;
  }

  showCursor(isShown: boolean): void {
    if (isShown === this.#hasCursor) return;
    this.#hasCursor = isShown;
    this.#hasChanged = true;
  }

  /** A copy of all of it; nothing has changed then. */
  take(): TextFrame | UnshownFrame {
    this.#hasChanged = false;
    const [columns, rows] = [this.#columns, this.#rows];
    if (this.#isTooLarge) return { kind: 'unshown', why: 'too-large', width: columns, height: rows };
    const isInside = this.#cursorColumn < columns && this.#cursorRow < rows;
    return {
      kind: 'text',
      columns,
      rows,
      characters: this.#characters.slice(),
      foreground: this.#foreground.slice(),
      background: this.#background.slice(),
      cursor: this.#hasCursor && isInside ? { column: this.#cursorColumn, row: this.#cursorRow } : null,
    };
  }

  get #isTooLarge(): boolean {
    return this.#columns > SCREEN_MAX_COLUMNS || this.#rows > SCREEN_MAX_ROWS;
  }
}
