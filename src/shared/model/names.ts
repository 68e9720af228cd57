import { err, ok, type Result } from '../result.ts';
import { MEMORY_MAX_MIB, MEMORY_MIN_MIB, NAME_MAX_CHARACTERS } from './limits.ts';

const CONTROL_CHARACTERS = /\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}/u;

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

/** Memory of a VM in whole MiB within what v86 and our kernel support. */
export function parseMemoryMib(value: number): Result<number> {
  if (Number.isInteger(value) && value >= MEMORY_MIN_MIB && value <= MEMORY_MAX_MIB) return ok(value);
  return err(
    'bad-input',
    `Memory must be a whole number from ${MEMORY_MIN_MIB} to ${MEMORY_MAX_MIB} MiB; ${value} is not. The emulated machine cannot address more.`,
  );
}
