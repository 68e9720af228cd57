import { open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { pack, type Pack } from 'tar-stream';
import { keepAtExit, removeAtExit } from '../../library/claims/process-mark.ts';
import { errorCode, storageFailure, syncFolder, unfinishedBeside, writeAll } from '../../library/durable.ts';
import { FailureError } from '../../shared/result.ts';

/** Something of a machine's file system, on its way into an archive. */
export interface TarMember {
  /** Without a slash in front. */
  readonly path: string;
  /** A link is another name of a file that came before. */
  readonly kind: 'file' | 'folder' | 'symlink' | 'link';
  /** Permissions. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly changedS: number;
  /** Of a symlink or a link. */
  readonly target: string;
  /** Of a file. */
  readonly bytes: Uint8Array;
}

/**
 * Writes an archive beside its destination and gives it its name when it is whole.
 * @throws FailureError `disk-full`, `io`, `not-found`, and what reading the members throws
 */
export async function writeTar(path: string, members: AsyncIterable<TarMember>): Promise<{ sizeBytes: number }> {
  const name = basename(path);
  const there = await stat(path).catch(() => null);
  if (there !== null && !there.isFile()) {
    throw new FailureError('bad-input', `“${name}” is there and is no file. Nothing was written: choose another name.`);
  }
  const unfinished = unfinishedBeside(path);
  const file = await open(unfinished, 'wx').catch((cause: unknown) => {
    if (errorCode(cause) === 'ENOENT' || errorCode(cause) === 'ENOTDIR') {
      throw new FailureError('not-found', `The folder for “${name}” does not exist. Nothing was written.`, { cause });
    }
    throw storageFailure(cause, `“${name}” was not written`);
  });
  removeAtExit(unfinished);
  try {
    const archive = pack();
    const added = addAll(archive, members).then(
      () => null,
      (cause: unknown) => {
        // Ends the loop below.
        archive.destroy();
        return { cause };
      },
    );
    let sizeBytes = 0;
    const refusals: { readonly cause: unknown }[] = [];
    try {
      for await (const bytes of archive as AsyncIterable<Uint8Array>) {
        await writeAll(file, bytes, sizeBytes, `“${name}” was not written`).catch((cause: unknown) => {
          refusals.push({ cause });
          throw cause;
        });
        sizeBytes += bytes.byteLength;
      }
    } catch (cause) {
      archive.destroy();
      // What ends the archive is only what follows from why it ended.
      throw (refusals[0] ?? (await added) ?? { cause }).cause;
    }
    const failure = await added;
    if (failure !== null) throw failure.cause;
    await file.sync();
    await file.close();
    await rename(unfinished, path);
    await syncFolder(dirname(path));
    keepAtExit(unfinished);
    return { sizeBytes };
  } catch (cause) {
    await Promise.allSettled([file.close()]);
    await rm(unfinished, { force: true });
    keepAtExit(unfinished);
    throw storageFailure(cause, `“${name}” was not written`);
  }
}

async function addAll(archive: Pack, members: AsyncIterable<TarMember>): Promise<void> {
  for await (const { path, kind, mode, uid, gid, changedS, target, bytes } of members) {
    const type = kind === 'folder' ? 'directory' : kind;
    const linkname = kind === 'symlink' || kind === 'link' ? target : '';
    const header = { name: path, type, mode, uid, gid, linkname, mtime: new Date(changedS * 1000) } as const;
    // The file system takes it at its own speed.
    await new Promise<void>((resolve, reject) => {
      const taken = (cause?: Error | null): void => (cause ? reject(cause) : resolve());
      if (kind === 'file') archive.entry(header, Buffer.from(bytes), taken);
      else archive.entry(header, taken);
    });
  }
  archive.finalize();
}
