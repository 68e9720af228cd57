/** More than this in one paste is asked about: a person sees at a glance what a few screens are, not what this is. */
export const PASTE_LARGE_BYTES = 5 * 1024;
/** What a question about a paste shows of it. */
const PREVIEW_LINES = 8;
const PREVIEW_LINE_CHARACTERS = 160;

/**
 * All control characters but tab and line ends: an escape would let a page one copied from press keys, end the brackets
 * that a shell puts a paste in (`ESC [ 201 ~`), or change the terminal. U+0080 to U+009F are the same in one character.
 */
const CONTROL_CHARACTERS = /[^\t\n\r\P{Cc}]/gu;

export interface PastedText {
  /** Without control characters. */
  readonly text: string;
  readonly removedCount: number;
}

export function cleanPastedText(pasted: string): PastedText {
  const text = pasted.replaceAll(CONTROL_CHARACTERS, '');
  return { text, removedCount: pasted.length - text.length };
}

/** What a person is told of a paste before it reaches the guest. */
export interface PasteSummary {
  readonly lineCount: number;
  readonly sizeBytes: number;
  readonly firstLines: readonly string[];
}

/**
 * Why a paste should be asked about, or null. A program that asked for bracketed paste gets it as one piece and runs nothing
 * of it; all others take each line end for Enter. One line with its end is what a copied command is.
 */
export function pasteRisk(text: string, isBracketed: boolean): PasteSummary | null {
  if (isBracketed) return null;
  const lines = text.split(/\r\n|\r|\n/u);
  if (lines.length > 1 && lines.at(-1) === '') lines.pop();
  const sizeBytes = new TextEncoder().encode(text).byteLength;
  if (lines.length === 1 && sizeBytes <= PASTE_LARGE_BYTES) return null;
  return {
    lineCount: lines.length,
    sizeBytes,
    firstLines: lines
      .slice(0, PREVIEW_LINES)
      .map((line) => (line.length > PREVIEW_LINE_CHARACTERS ? `${line.slice(0, PREVIEW_LINE_CHARACTERS)}…` : line)),
  };
}
