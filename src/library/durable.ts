import { randomBytes } from 'node:crypto';
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

/** A name beside a file for its next content. Random, so that two who write the file at once do not share it. */
export function unfinishedBeside(path: string): string {
  return `${path}${UNFINISHED_PREFIX}${randomBytes(8).toString('hex')}`;
}

/** Replaces a file so that at any instant either the old or the new content is there, whole. */
export async function writeFileDurably(path: string, bytes: Uint8Array | string): Promise<void> {
  const unfinished = unfinishedBeside(path);
  try {
    await writeFile(unfinished, bytes, { flag: 'wx', flush: true });
    await rename(unfinished, path);
    await syncFolder(dirname(path));
  } catch (cause) {
    await rm(unfinished, { force: true });
    throw storageFailure(cause, 'The change was not saved');
  }
}

/** What {@link writeAll} needs of a `FileHandle`. */
export interface WritableFile {
  write(bytes: Uint8Array, offset: number, lengthBytes: number, position: number): Promise<{ bytesWritten: number }>;
}

/**
 * Writes all the bytes at a position. A file system may take a part and report no error (the last
 * bytes of a full disk), so what is left is offered again until it is taken or refused.
 * @param what what did not happen if this fails, as the start of a sentence
 */
export async function writeAll(file: WritableFile, bytes: Uint8Array, position: number, what: string): Promise<void> {
  for (let done = 0; done < bytes.byteLength;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.byteLength - done, position + done);
    if (bytesWritten === 0) {
      throw new FailureError(
        'io',
        `${what}: the disk took only a part of it. Everything saved before is untouched. Check the disk and its free space, then try again.`,
      );
    }
    done += bytesWritten;
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
