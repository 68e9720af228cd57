import { access } from 'node:fs/promises';
import path from 'node:path';
import { FailureError } from '../shared/result.ts';

/** Room for an ending and a number below the 255 bytes that file systems take. */
const NAME_MAX_BYTES = 200;
const NUMBER_MAX = 10_000;
/** Names that Windows gives to devices, with any ending. */
const WINDOWS_DEVICES = /^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$/i;

/**
 * A name for a file of the host, made of one that a guest made up: one plain part of a path on every system, without
 * characters that are not seen or turn the direction of what is.
 */
export function hostFileName(guestName: string): string {
  const last = guestName.slice(guestName.lastIndexOf('/') + 1);
  const characters = Array.from(last.replace(/[\\:*?"<>|\p{C}\p{Zl}\p{Zp}]/gu, '_')).slice(0, NAME_MAX_BYTES);
  while (Buffer.byteLength(characters.join('')) > NAME_MAX_BYTES) characters.pop();
  const name = characters.join('').replace(/[ .]+$/, '');
  if (name === '') return 'file';
  return WINDOWS_DEVICES.test(name) ? `_${name}` : name;
}

/** A name that is not among others, on a host that does not tell upper case from lower: with a number before its ending. */
export function freeNameAmong(names: readonly string[], name: string): string {
  const taken = new Set(names.map((other) => other.toLowerCase()));
  for (let number = 1; ; number += 1) {
    const candidate = numbered(name, number);
    if (!taken.has(candidate.toLowerCase())) return candidate;
  }
}

/** A path in a folder where nothing is yet: the name itself, or with a number before its ending. */
export async function freeHostPath(folder: string, name: string): Promise<string> {
  for (let number = 1; number < NUMBER_MAX; number += 1) {
    const candidate = path.join(folder, numbered(name, number));
    const isFree = await access(candidate).then(
      () => false,
      () => true,
    );
    if (isFree) return candidate;
  }
  throw new FailureError('exists', `“${name}” exists already under too many names. Choose another folder.`);
}

function numbered(name: string, number: number): string {
  if (number === 1) return name;
  const [ending] = /(?<=.)(?:\.tar)?\.[^.]+$/.exec(name) ?? [''];
  return `${name.slice(0, name.length - ending.length)} ${number}${ending}`;
}
