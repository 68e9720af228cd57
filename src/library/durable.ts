import { open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FailureError } from '../shared/result.ts';

/** Names that start like this are unfinished work; they are removed when the library is opened. */
export const UNFINISHED_PREFIX = '.new-';

/** Makes renames and new names in a folder survive a power loss. Windows has no such call and needs none. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Replaces a file so that at any instant either the old or the new content is there, whole. */
export async function writeFileDurably(path: string, bytes: Uint8Array | string): Promise<void> {
  const unfinished = `${path}${UNFINISHED_PREFIX}${process.pid}`;
  try {
    await writeFile(unfinished, bytes, { flush: true });
    await rename(unfinished, path);
    await syncFolder(dirname(path));
  } catch (cause) {
    await rm(unfinished, { force: true });
    throw storageFailure(cause, 'The change was not saved');
  }
}

/** Error codes of Node's file system calls, where there is one. */
export function errorCode(cause: unknown): string | null {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : null;
}

/**
 * What a failed write means for a person.
 * @param what what did not happen, as the start of a sentence: “The snapshot was not saved”
 */
export function storageFailure(cause: unknown, what: string): unknown {
  switch (errorCode(cause)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new FailureError(
        'disk-full',
        `${what}: the disk is full. Everything saved before is untouched. Delete snapshots or free some space, then try again.`,
        { cause },
      );
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return new FailureError(
        'io',
        `${what}: Terrarium may not write to its data folder. Everything saved before is untouched. Check the folder's permissions.`,
        { cause },
      );
    case 'EIO':
      return new FailureError('io', `${what}: the disk reported an error. Everything saved before is untouched.`, {
        cause,
      });
    default:
      return cause;
  }
}
