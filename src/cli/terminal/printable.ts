/**
 * Text from a guest, from disk or from another program, made safe for a terminal. A file's name may hold escape
 * sequences that set the title, move the cursor or make the terminal type; bidirectional marks make one name look
 * like another.
 */

const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
const INVISIBLE_BUT_LINES = /[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
/** What JSON.stringify leaves as it is although a terminal may obey it. */
const UNSAFE_IN_JSON = /[\u007f-\u009f\u2028\u2029]|\p{Cf}/gu;

/** One line without control characters and invisible ones; tabs and line breaks become spaces. */
export function printable(text: string): string {
  return text.replace(/[\t\r\n\v\f]+/g, ' ').replace(INVISIBLE, '');
}

/** As {@link printable}, but lines stay lines. */
export function printableLines(text: string): string {
  return text.replace(/\r\n?/g, '\n').replaceAll('\t', ' ').replace(INVISIBLE_BUT_LINES, '');
}

/** A JSON document on one line that no terminal obeys; a reader gets the value unchanged. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replace(UNSAFE_IN_JSON, (found) =>
    Array.from({ length: found.length }, (_, i) => `\\u${found.charCodeAt(i).toString(16).padStart(4, '0')}`).join(''),
  );
}
