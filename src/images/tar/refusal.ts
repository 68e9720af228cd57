import { FailureError } from '../../shared/result.ts';

const SHOWN_CHARACTERS = 200;

/** A stranger's name as a person may read it: nothing that moves a cursor or turns text around, and not without end. */
export function shownName(name: string): string {
  const safe = name.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\u{fffd}');
  return safe.length > SHOWN_CHARACTERS ? `${safe.slice(0, SHOWN_CHARACTERS)}…` : safe;
}

/** An entry that no root file system has. */
export function refused(entry: string, why: string): FailureError {
  return new FailureError(
    'bad-input',
    `The root file system was refused: the entry “${shownName(entry)}”: ${why}. Nothing was imported.`,
  );
}

/** A tarball whose bytes are not what a tarball has. */
export function unreadable(why: string, cause?: unknown): FailureError {
  return new FailureError(
    'bad-input',
    `The root file system’s tarball cannot be read: ${why}. Nothing was imported; fetch or make it again.`,
    { cause },
  );
}

/** More than a machine here could use. */
export function tooMuch(what: string): FailureError {
  return new FailureError('limit', `${what}, which no machine here could use. Nothing was imported.`);
}
