/** How many columns of a terminal a text takes, so that tables line up whatever script the names are in. */

const ASCII = /^[\x20-\x7e]*$/;
/** Joined to the character before it, or not drawn at all. */
const NO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}\p{Cc}]$/u;
/** Drawn two columns wide: East Asian scripts and full-width forms (UAX #11), and emoji. */
const WIDE =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}\p{Emoji_Presentation}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]$/u;
/** Asks for the coloured picture of a character that is text otherwise (UTS #51). */
const PICTURE_SELECTOR = '\ufe0f';

/** @param text without control characters (see printable.ts) */
export function displayWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes(text)) width += graphemeWidth(segment);
  return width;
}

/** The text, cut to at most so many columns; an ellipsis shows that something is missing. */
export function cutToWidth(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  let kept = '';
  let width = 0;
  for (const { segment } of graphemes(text)) {
    width += graphemeWidth(segment);
    // One column for the ellipsis.
    if (width > columns - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

export function padToWidth(text: string, columns: number, align: 'left' | 'right'): string {
  const padding = ' '.repeat(Math.max(0, columns - displayWidth(text)));
  return align === 'left' ? text + padding : padding + text;
}

function graphemes(text: string): Intl.Segments {
  return new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text);
}

function graphemeWidth(grapheme: string): number {
  if (grapheme.includes(PICTURE_SELECTOR)) return 2;
  for (const character of grapheme) {
    if (NO_WIDTH.test(character)) continue;
    return WIDE.test(character) ? 2 : 1;
  }
  return 0;
}
