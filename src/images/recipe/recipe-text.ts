import { FailureError } from '../../shared/result.ts';

/** Where something stands in a recipe; both count from 1, columns in characters. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A part of a recipe's text and where it begins. */
export interface Piece extends Position {
  readonly text: string;
}

/** `key: value`, and the indented lines below it. */
export interface Field {
  readonly key: Piece;
  readonly value: Piece;
  /** Without their two spaces; empty lines between them are kept. */
  readonly block: readonly Piece[];
}

/** A recipe is read by people; what is larger is something else. */
export const RECIPE_MAX_BYTES = 256 * 1024;
const INDENT = '  ';
const KEY = /^([a-z][a-z-]*)(\s*):/;
// A tab may stand in a file's content; everything else that is not seen could hide what a recipe does.
const INVISIBLE = /[^\P{Cc}\t]|[\p{Cf}\p{Zl}\p{Zp}]/u;
const EXCERPT_CHARACTERS = 40;

/** What is wrong with a recipe, as compilers say it: file, line, column. */
export function recipeFault(file: string, { line, column }: Position, sentence: string): FailureError {
  return new FailureError('bad-input', `${file}:${line}:${column}: ${sentence}`);
}

/** As much of a text as fits into a sentence. */
export function excerpt(text: string): string {
  const characters = Array.from(text);
  return characters.length <= EXCERPT_CHARACTERS ? text : `${characters.slice(0, EXCERPT_CHARACTERS).join('')}…`;
}

/**
 * The fields of a recipe in their order. A line that begins with `#` is a comment, unless it is indented.
 * @param file what the recipe is called in sentences
 * @throws FailureError `bad-input` with the position, `limit`
 */
export function readFields(bytes: Uint8Array, file: string): Field[] {
  if (bytes.byteLength > RECIPE_MAX_BYTES) {
    throw new FailureError('limit', `${file}: A recipe can have ${RECIPE_MAX_BYTES / 1024} KiB; this one is larger.`);
  }
  const fields: { key: Piece; value: Piece; block: Piece[] }[] = [];
  // Empty lines belong to a block only when more of it follows.
  let empty: Piece[] = [];
  for (const [index, text] of linesOf(bytes, file).entries()) {
    const line = index + 1;
    const hidden = INVISIBLE.exec(text);
    if (hidden !== null) {
      const code = hidden[0].codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0') ?? '';
      const at = { line, column: columnAt(text, hidden.index) };
      throw recipeFault(file, at, `There is an invisible character (U+${code}) here. Remove it.`);
    }
    if (text.trim() === '') empty.push({ text: '', line, column: 1 });
    else if (text.startsWith(INDENT)) {
      const field = fields.at(-1);
      if (field === undefined) throw recipeFault(file, { line, column: 1 }, 'An indented line needs a field above it.');
      if (field.block.length > 0) field.block.push(...empty);
      empty = [];
      field.block.push({ text: text.slice(INDENT.length), line, column: INDENT.length + 1 });
    } else if (/^\s/.test(text)) {
      throw recipeFault(file, { line, column: 1 }, 'Lines that belong to the field above begin with two spaces.');
    } else {
      empty = [];
      if (!text.startsWith('#')) fields.push({ ...fieldOf(text, line, file), block: [] });
    }
  }
  return fields;
}

/** The words of a field, on its line and below, each with its position. */
export function wordsOf({ value, block }: Pick<Field, 'value' | 'block'>): Piece[] {
  return [value, ...block].flatMap(({ text, line, column }) =>
    [...text.matchAll(/\S+/g)].map((match) => ({
      text: match[0],
      line,
      column: column + columnAt(text, match.index) - 1,
    })),
  );
}

function fieldOf(text: string, line: number, file: string): Pick<Field, 'key' | 'value'> {
  const found = KEY.exec(text);
  const key = found?.[1];
  if (found === null || key === undefined) {
    throw recipeFault(
      file,
      { line, column: 1 },
      `“${excerpt(text)}” is no field: each begins with its name and a colon, such as “name: attic”.`,
    );
  }
  const rest = text.slice(found[0].length);
  const value = rest.trim();
  const lead = found[0].length + (rest.length - rest.trimStart().length);
  return { key: { text: key, line, column: 1 }, value: { text: value, line, column: lead + 1 } };
}

function linesOf(bytes: Uint8Array, file: string): string[] {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).split(/\r?\n/);
  } catch (cause) {
    throw new FailureError('bad-input', `${file}: This is no text in UTF-8, so it is no recipe.`, { cause });
  }
}

/** In characters, as editors count, not in UTF-16 units. */
function columnAt(text: string, index: number): number {
  return Array.from(text.slice(0, index)).length + 1;
}
