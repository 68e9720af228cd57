import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { FailureError } from '../../shared/result.ts';
import { sniffArchive, SNIFFED_BYTES, type ArchiveKind } from './sniff-archive.ts';
import { RatioGuard, unpacked } from './unpacked.ts';

/** More than runs in a machine of 2 GiB; a small file that unpacks to a full disk is stopped before that. */
const TAR_MAX_BYTES = 8 * 1024 * 1024 * 1024;

const PIECE_BYTES = 256 * 1024;

export interface TarballOptions {
  readonly signal: AbortSignal;
  /** Bytes of the compressed file read so far, and of all of it. */
  readonly onProgress: (readBytes: number, sizeBytes: number) => void;
  /** How failures call the file; its path unless given. */
  readonly shownAs?: string;
  /** Uncompressed; the bound of the product unless given. */
  readonly maxBytes?: number;
}

/**
 * Gives a task the path of an uncompressed tarball: the file itself, or a temporary one that is removed afterwards.
 * What the file is, its first bytes decide, not its name.
 * @throws FailureError `not-found`, `bad-input` for what is no tarball, `missing-tool`, `limit`
 */
export async function withPlainTar<T>(
  file: string,
  options: TarballOptions,
  task: (tarPath: string) => Promise<T>,
): Promise<T> {
  const shown = options.shownAs ?? file;
  const { kind, sizeBytes } = await examine(file, shown);
  if (kind === 'tar') return task(file);
  const folder = await mkdtemp(path.join(tmpdir(), 'terrarium-import-'));
  try {
    const tarPath = path.join(folder, 'rootfs.tar');
    await unpack(file, kind, sizeBytes, tarPath, options);
    return await task(tarPath);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function examine(file: string, shown: string): Promise<{ kind: ArchiveKind; sizeBytes: number }> {
  let handle: FileHandle;
  try {
    handle = await open(file, 'r');
  } catch (cause) {
    const what =
      cause instanceof Error && 'code' in cause && cause.code === 'ENOENT' ? 'does not exist' : 'cannot be read';
    throw new FailureError('not-found', `The file ${shown} ${what}. Give the path of a root file system’s tarball.`, {
      cause,
    });
  }
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) {
      throw new FailureError('bad-input', `${shown} is no file. Give the path of a root file system’s tarball.`);
    }
    const head = new Uint8Array(SNIFFED_BYTES);
    const { bytesRead } = await handle.read(head, 0, SNIFFED_BYTES, 0);
    const kind = sniffArchive(head.subarray(0, bytesRead));
    if (kind !== null) return { kind, sizeBytes: stats.size };
    throw new FailureError(
      'bad-input',
      `${shown} is no tarball. A root file system comes as .tar, .tar.gz, .tar.xz or .tar.zst.`,
    );
  } finally {
    await handle.close();
  }
}

async function unpack(
  file: string,
  kind: Exclude<ArchiveKind, 'tar'>,
  sizeBytes: number,
  tarPath: string,
  options: TarballOptions,
): Promise<void> {
  const { signal } = options;
  const shown = options.shownAs ?? file;
  const guard = new RatioGuard(shown, options.maxBytes ?? TAR_MAX_BYTES);
  let readBytes = 0;
  const counted = async function* (): AsyncGenerator<Uint8Array, void, void> {
    for await (const piece of createReadStream(file, { highWaterMark: PIECE_BYTES })) {
      const bytes = piece as Uint8Array;
      readBytes += bytes.byteLength;
      guard.packed(bytes.byteLength);
      options.onProgress(readBytes, sizeBytes);
      yield bytes;
    }
  };
  const bounded = async function* (): AsyncGenerator<Uint8Array, void, void> {
    for await (const piece of unpacked(kind, counted(), signal)) {
      guard.unpacked(piece.byteLength);
      yield piece;
    }
  };
  try {
    await pipeline(bounded, createWriteStream(tarPath, { flags: 'wx' }), { signal });
  } catch (cause) {
    if (signal.aborted) throw new FailureError('cancelled', 'Stopped. Nothing was imported.', { cause });
    if (cause instanceof FailureError) throw cause;
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOSPC') {
      throw new FailureError(
        'disk-full',
        `There is no room to unpack ${shown} in ${tmpdir()}. Free some space there, or set TMPDIR to a folder that has it.`,
        { cause },
      );
    }
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new FailureError('damaged', `${shown} cannot be unpacked: ${why}. Nothing was imported; fetch it again.`, {
      cause,
    });
  }
}
