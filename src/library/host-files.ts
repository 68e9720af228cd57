import { open, rename, rm, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { BulkSink, BulkSource } from '../shared/bulk/server.ts';
import { IMPORT_MAX_BYTES } from '../shared/model/limits.ts';
import { FailureError } from '../shared/result.ts';
import { keepAtExit, removeAtExit } from './claims/process-mark.ts';
import { errorCode, storageFailure, unfinishedBeside } from './durable.ts';

const PIECE_BYTES = 1024 * 1024;

/** What a host file is, before its bytes are touched. @throws FailureError for what cannot be imported */
export async function checkImport(path: string): Promise<{ name: string; sizeBytes: number }> {
  const name = basename(path);
  const info = await stat(path).catch((cause: unknown) => {
    const missing = errorCode(cause) === 'ENOENT';
    throw new FailureError(
      missing ? 'not-found' : 'io',
      `“${name}” ${missing ? 'does not exist any more' : 'cannot be read'}. Nothing was copied.`,
      {
        cause,
      },
    );
  });
  if (info.isDirectory()) {
    throw new FailureError(
      'unsupported',
      `“${name}” is a folder. Nothing was copied: pack it into one file first (for example as a .tar) and unpack it in the VM.`,
    );
  }
  if (!info.isFile()) throw new FailureError('unsupported', `“${name}” is not a regular file. Nothing was copied.`);
  if (info.size > IMPORT_MAX_BYTES) {
    const gib = (info.size / 1024 ** 3).toFixed(1);
    throw new FailureError(
      'limit',
      `“${name}” is ${gib} GiB; a VM takes files up to ${IMPORT_MAX_BYTES / 1024 ** 3} GiB, because they are held in its memory. Nothing was copied: split it, or copy only what is needed.`,
    );
  }
  return { name, sizeBytes: info.size };
}

/** A host file as a stream into a VM. */
export async function openImport(path: string): Promise<BulkSource> {
  const { name, sizeBytes } = await checkImport(path);
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw new FailureError('io', `“${name}” cannot be read. Check its permissions. Nothing was copied.`, { cause });
  });
  const pieces = async function* (): AsyncGenerator<Uint8Array, void, void> {
    try {
      for (let offset = 0; offset < sizeBytes;) {
        const piece = new Uint8Array(Math.min(PIECE_BYTES, sizeBytes - offset));
        const { bytesRead } = await file.read(piece, 0, piece.byteLength, offset);
        if (bytesRead === 0) return;
        offset += bytesRead;
        yield piece.subarray(0, bytesRead);
      }
    } finally {
      await file.close();
    }
  };
  return { header: { sizeBytes, pieceBytes: PIECE_BYTES, plan: null }, pieces: pieces() };
}

/** A file out of a VM: written beside its destination and renamed when whole. */
export async function createExport(path: string, sizeBytes: number): Promise<BulkSink> {
  const name = basename(path);
  const unfinished = unfinishedBeside(path);
  const notSaved = `“${name}” was not saved`;
  const file = await open(unfinished, 'wx').catch((cause: unknown) => {
    throw storageFailure(cause, notSaved);
  });
  // In a person's own folder nobody looks for leftovers: a process that is told to end takes this along.
  removeAtExit(unfinished);
  let written = 0;
  const abort = async (): Promise<void> => {
    await file.close();
    await rm(unfinished, { force: true });
    keepAtExit(unfinished);
  };
  return {
    write: async (piece) => {
      if (written + piece.byteLength > sizeBytes)
        throw new FailureError('bad-input', `${notSaved}: the VM sent more than it announced.`);
      try {
        await file.writeFile(piece);
      } catch (cause) {
        throw storageFailure(cause, notSaved);
      }
      written += piece.byteLength;
    },
    commit: async () => {
      if (written !== sizeBytes) throw new FailureError('io', `${notSaved}: the VM sent less than it announced.`);
      try {
        await file.sync();
        await file.close();
        await rename(unfinished, path);
      } catch (cause) {
        await rm(unfinished, { force: true });
        throw storageFailure(cause, notSaved);
      } finally {
        keepAtExit(unfinished);
      }
      return { stateId: null };
    },
    abort,
  };
}
