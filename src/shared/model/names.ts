import { err, ok, type Result } from '../result.ts';
import { MEMORY_MAX_MIB, MEMORY_MIN_MIB, NAME_MAX_CHARACTERS } from './limits.ts';

/** A page of text: what is longer belongs into a file. */
export const NOTE_MAX_CHARACTERS = 2000;
/** As many as fit into one line of a list. */
export const TAGS_MAX = 12;
/** One word or two. */
export const TAG_MAX_CHARACTERS = 24;

const CONTROL_CHARACTERS = /\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}/u;
/** Lines and tabs are as much part of a text as its words. */
const CONTROL_CHARACTERS_OF_TEXT = /[^\P{Cc}\n\t]|\p{Cf}|\p{Zl}|\p{Zp}/u;

/**
 * A name a person gave to a VM or a snapshot, trimmed.
 * Refused: empty, longer than {@link NAME_MAX_CHARACTERS}, with `/`, `\` or invisible characters.
 */
export function parseName(what: 'VM' | 'snapshot' | 'image', text: string): Result<string> {
  const a = what === 'image' ? 'An image' : `A ${what}`;
  const name = text.trim().normalize('NFC');
  const length = Array.from(name).length;
  if (length === 0) return err('bad-input', `${a} needs a name.`);
  if (length > NAME_MAX_CHARACTERS) {
    return err(
      'bad-input',
      `${a} name can have up to ${NAME_MAX_CHARACTERS} characters; this one has ${length}. Shorten it and try again.`,
    );
  }
  if (/[/\\]/.test(name)) return err('bad-input', `${a} name cannot contain “/” or “\\”. Use another character.`);
  if (CONTROL_CHARACTERS.test(name)) {
    return err('bad-input', `${a} name cannot contain line breaks or invisible characters.`);
  }
  return ok(name);
}

/** What a person wrote about a snapshot, trimmed; it may be empty and have several lines. */
export function parseNote(text: string): Result<string> {
  const note = text.replace(/\r\n?/g, '\n').trim().normalize('NFC');
  const length = Array.from(note).length;
  if (length > NOTE_MAX_CHARACTERS) {
    return err(
      'bad-input',
      `A note can have up to ${NOTE_MAX_CHARACTERS} characters; this one has ${length}. Shorten it and try again.`,
    );
  }
  if (CONTROL_CHARACTERS_OF_TEXT.test(note)) return err('bad-input', 'A note cannot contain invisible characters.');
  return ok(note);
}

/** Words that a person sorts things by, each trimmed and once, in the order they were given. */
export function parseTags(texts: readonly string[], what: 'VM' | 'snapshot' = 'snapshot'): Result<readonly string[]> {
  const tags = new Set<string>();
  for (const text of texts) {
    const tag = text.trim().normalize('NFC');
    const length = Array.from(tag).length;
    if (length === 0) return err('bad-input', 'A tag needs at least one character.');
    if (length > TAG_MAX_CHARACTERS) {
      return err(
        'bad-input',
        `A tag can have up to ${TAG_MAX_CHARACTERS} characters; “${tag.slice(0, 80)}” has ${length}. Shorten it and try again.`,
      );
    }
    if (CONTROL_CHARACTERS.test(tag)) {
      return err('bad-input', 'A tag cannot contain line breaks or invisible characters.');
    }
    tags.add(tag);
  }
  if (tags.size > TAGS_MAX) {
    return err('bad-input', `A ${what} can have up to ${TAGS_MAX} tags; these are ${tags.size}. Leave some out.`);
  }
  return ok([...tags]);
}

/** Memory of a VM in whole MiB within what v86 and our kernel support. */
export function parseMemoryMib(value: number): Result<number> {
  if (Number.isInteger(value) && value >= MEMORY_MIN_MIB && value <= MEMORY_MAX_MIB) return ok(value);
  return err(
    'bad-input',
    `Memory must be a whole number from ${MEMORY_MIN_MIB} to ${MEMORY_MAX_MIB} MiB; ${value} is not. The emulated machine cannot address more.`,
  );
}
