import type { PictureFrame, ScreenFrame, TextFrame } from '../../../../machine/screen-frame.ts';
import { CODE_PAGE_437 } from './code-page-437.ts';
import { drawnLines } from './line-drawing.ts';
import { changedCells, cursorCell } from './screen-text.ts';

/** Draws frames of a VM's screen on a canvas, text only where it has changed. */
export class ScreenPainter {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  #last: { readonly frame: TextFrame; readonly cellWidth: number; readonly font: string } | null = null;

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    const context = canvas.getContext('2d', { alpha: false });
    if (context === null) throw new Error('this page cannot draw on a canvas');
    this.#context = context;
  }

  /** @param cellWidth of a character, in pixels of the canvas; it is twice as high */
  text(frame: TextFrame, cellWidth: number, fontFamily: string): void {
    const cellHeight = 2 * cellWidth;
    const font = `${cellWidth} ${fontFamily}`;
    const isSame = this.#last?.cellWidth === cellWidth && this.#last.font === font;
    const cells = changedCells(isSame ? (this.#last?.frame ?? null) : null, frame);
    if (this.#resize(frame.columns * cellWidth, frame.rows * cellHeight) || !isSame) this.#last = null;
    this.#last = { frame, cellWidth, font };
    const baseline = this.#setFont(fontFamily, cellWidth, cellHeight);
    for (const cell of cells) this.#cell(frame, cell, cellWidth, cellHeight, baseline);
  }

  picture(frame: PictureFrame): void {
    this.#resize(frame.width, frame.height);
    this.#last = null;
    if (frame.width > 0 && frame.height > 0)
      this.#context.putImageData(new ImageData(frame.pixels, frame.width, frame.height), 0, 0);
  }

  #resize(width: number, height: number): boolean {
    if (this.#canvas.width === width && this.#canvas.height === height) return false;
    this.#canvas.width = width;
    this.#canvas.height = height;
    return true;
  }

  /** Makes the font as wide as the cells. @returns where letters stand */
  #setFont(fontFamily: string, cellWidth: number, cellHeight: number): number {
    const context = this.#context;
    context.font = `100px ${fontFamily}`;
    const size = (100 * cellWidth) / Math.max(1, context.measureText('M').width);
    context.font = `${size}px ${fontFamily}`;
    context.textBaseline = 'alphabetic';
    const { fontBoundingBoxAscent: ascent, fontBoundingBoxDescent: descent } = context.measureText('M');
    return Math.round((cellHeight - ascent - descent) / 2 + ascent);
  }

  #cell(frame: TextFrame, cell: number, width: number, height: number, baseline: number): void {
    const context = this.#context;
    const x = (cell % frame.columns) * width;
    const y = Math.floor(cell / frame.columns) * height;
    const character = frame.characters[cell] ?? 0;
    context.fillStyle = colour(frame.background[cell] ?? 0);
    context.fillRect(x, y, width, height);
    context.fillStyle = colour(frame.foreground[cell] ?? 0);
    const lines = drawnLines(character, width, height);
    if (lines) {
      for (const line of lines) {
        context.globalAlpha = line.opacity;
        context.fillRect(x + line.x, y + line.y, line.width, line.height);
      }
      context.globalAlpha = 1;
    } else if (character !== 0x20 && character !== 0 && character !== 0xff) {
      context.save();
      // A character of another font may be wider; the cell beside it is not drawn again.
      context.beginPath();
      context.rect(x, y, width, height);
      context.clip();
      context.fillText(CODE_PAGE_437[character] ?? ' ', x, y + baseline);
      context.restore();
    }
    if (cell !== cursorCell(frame)) return;
    const thick = Math.max(2, Math.round(height / 8));
    context.fillRect(x, y + height - thick, width, thick);
  }
}

/** The width of a character in a saved picture, whatever the size of the window. */
const SAVED_CELL_WIDTH = 10;

/** What the screen shows as a PNG; null where it shows nothing that can be drawn. */
export async function pngOf(frame: ScreenFrame, fontFamily: string): Promise<Uint8Array<ArrayBuffer> | null> {
  if (frame.kind === 'unshown') return null;
  const canvas = document.createElement('canvas');
  const painter = new ScreenPainter(canvas);
  if (frame.kind === 'text') painter.text(frame, SAVED_CELL_WIDTH, fontFamily);
  else painter.picture(frame);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  return blob === null ? null : new Uint8Array(await blob.arrayBuffer());
}

function colour(rgb: number): string {
  return `#${(rgb & 0xffffff).toString(16).padStart(6, '0')}`;
}
