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

/** A path in a folder where nothing is yet: the name itself, or with a number before its ending. */
export async function freeHostPath(folder: string, name: string): Promise<string> {
  const [ending] = /(?<=.)(?:\.tar)?\.[^.]+$/.exec(name) ?? [''];
  const stem = name.slice(0, name.length - ending.length);
  for (let number = 1; number < NUMBER_MAX; number += 1) {
    const candidate = path.join(folder, number === 1 ? name : `${stem} ${number}${ending}`);
    const isFree = await access(candidate).then(
      () => false,
      () => true,
    );
    if (isFree) return candidate;
  }
  throw new FailureError('exists', `“${name}” exists already under too many names. Choose another folder.`);
}
