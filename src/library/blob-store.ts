import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobRef } from '../shared/model/image.ts';
import { FailureError } from '../shared/result.ts';
import { errorCode, storageFailure, syncFolder, UNFINISHED_PREFIX } from './durable.ts';

/**
 * Files of images by content: `blobs/ab/abcd…`, named by their full SHA-256, written once, shared
 * by every image that has them.
 */
export class BlobStore {
  private readonly folder: string;
  private readonly beforeWriting: () => Promise<unknown>;

  /** @param beforeWriting called before each write, so that others learn that one is under way */
  constructor(folder: string, beforeWriting: () => Promise<unknown> = () => Promise.resolve()) {
    this.folder = folder;
    this.beforeWriting = beforeWriting;
  }

  /**
   * Keeps bytes; what is there already is not written again, unless it was damaged. Not yet safe from
   * a power loss: an image calls {@link flush} for all its blobs before its manifest names them.
   */
  async put(bytes: Uint8Array): Promise<BlobRef> {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const ref: BlobRef = { sha256, sizeBytes: bytes.byteLength };
    // Before looking: what is there already must not be swept from now on either.
    await this.beforeWriting();
    if (await this.holds(ref, bytes)) return ref;
    const unfinished = join(this.folder, `${UNFINISHED_PREFIX}${randomBytes(8).toString('hex')}`);
    try {
      await mkdir(join(this.folder, sha256.slice(0, 2)), { recursive: true });
      await writeFile(unfinished, bytes, { flag: 'wx' });
      await rename(unfinished, this.path(sha256));
      return ref;
    } catch (cause) {
      await rm(unfinished, { force: true });
      throw storageFailure(cause, 'The image was not built');
    }
  }

  /** As {@link put}, for what is too large to be held whole: hashed while it is written. What is there is written again. */
  async putPieces(pieces: AsyncIterable<Uint8Array>): Promise<BlobRef> {
    await this.beforeWriting();
    const unfinished = join(this.folder, `${UNFINISHED_PREFIX}${randomBytes(8).toString('hex')}`);
    const hash = createHash('sha256');
    let sizeBytes = 0;
    try {
      await mkdir(this.folder, { recursive: true });
      const file = await open(unfinished, 'wx');
      try {
        for await (const piece of pieces) {
          hash.update(piece);
          sizeBytes += piece.byteLength;
          await file.writeFile(piece);
        }
      } finally {
        await file.close();
      }
      const sha256 = hash.digest('hex');
      await mkdir(join(this.folder, sha256.slice(0, 2)), { recursive: true });
      await rename(unfinished, this.path(sha256));
      return { sha256, sizeBytes };
    } catch (cause) {
      await rm(unfinished, { force: true });
      throw storageFailure(cause, 'The image was not built');
    }
  }

  /** Makes blobs survive a power loss. Many at once, so that the disk can do them together. */
  async flush(refs: readonly BlobRef[]): Promise<void> {
    const todo = [...new Set(refs.map((ref) => ref.sha256))];
    const flushSome = async (): Promise<void> => {
      for (let sha256 = todo.pop(); sha256 !== undefined; sha256 = todo.pop()) {
        const file = await open(this.path(sha256), 'r+');
        try {
          await file.sync();
        } finally {
          await file.close();
        }
      }
    };
    const folders = new Set(todo.map((sha256) => sha256.slice(0, 2)));
    try {
      await Promise.all(Array.from({ length: FLUSHES_AT_ONCE }, flushSome));
      for (const folder of folders) await syncFolder(join(this.folder, folder));
      await syncFolder(this.folder);
    } catch (cause) {
      throw storageFailure(cause, 'The image was not built');
    }
  }

  /** Every blob that is not in the set. */
  async unneeded(keep: ReadonlySet<string>): Promise<{ sha256: string; sizeBytes: number }[]> {
    const found: { sha256: string; sizeBytes: number }[] = [];
    for (const folder of await listed(this.folder)) {
      if (!/^[0-9a-f]{2}$/.test(folder)) continue;
      for (const sha256 of await listed(join(this.folder, folder))) {
        if (!/^[0-9a-f]{64}$/.test(sha256) || keep.has(sha256)) continue;
        const info = await stat(join(this.folder, folder, sha256)).catch(() => null);
        if (info !== null) found.push({ sha256, sizeBytes: info.size });
      }
    }
    return found;
  }

  /** Removes every blob that is not in the set. @returns bytes freed */
  async sweep(keep: ReadonlySet<string>): Promise<number> {
    let freedBytes = 0;
    for (const { sha256, sizeBytes } of await this.unneeded(keep)) {
      await rm(this.path(sha256), { force: true });
      freedBytes += sizeBytes;
    }
    return freedBytes;
  }

  /**
   * The file is held open only while the pieces are taken: who looks at the size and leaves owes nothing.
   * @throws FailureError `not-found` when the file is missing
   */
  async open(sha256: string): Promise<{ sizeBytes: number; pieces: AsyncIterable<Uint8Array> }> {
    const path = this.path(sha256);
    const { size } = await stat(path).catch((cause: unknown) => {
      throw missing(sha256, cause);
    });
    return { sizeBytes: size, pieces: readPieces(path, sha256, size) };
  }

  /**
   * As {@link open}, for who will read all of it: a small file is read at once, in two turns of the host's threads instead of
   * four. Beside an emulator whose compilers have all processors busy each turn takes a millisecond.
   * @throws FailureError `not-found` when the file is missing
   */
  async take(sha256: string): Promise<{ sizeBytes: number; pieces: AsyncIterable<Uint8Array> }> {
    const file = await open(this.path(sha256), 'r').catch((cause: unknown) => {
      throw missing(sha256, cause);
    });
    const start = new Uint8Array(SMALL_BYTES);
    const { bytesRead } = await file.read(start, 0, SMALL_BYTES, 0).finally(() => {
      // Who waits for the bytes does not wait for this.
      file.close().catch(() => undefined);
    });
    if (bytesRead === SMALL_BYTES) return this.open(sha256);
    return { sizeBytes: bytesRead, pieces: onePiece(start.slice(0, bytesRead)) };
  }

  async has(ref: BlobRef): Promise<boolean> {
    try {
      return (await stat(this.path(ref.sha256))).size === ref.sizeBytes;
    } catch (cause) {
      if (errorCode(cause) === 'ENOENT') return false;
      throw cause;
    }
  }

  async removeUnfinished(): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    for (const name of await readdir(this.folder)) {
      if (name.startsWith(UNFINISHED_PREFIX)) await rm(join(this.folder, name), { force: true });
    }
  }

  /** True when the file has exactly these bytes; one that cannot be read is as bad as a wrong one. */
  private async holds(ref: BlobRef, bytes: Uint8Array): Promise<boolean> {
    if (!(await this.has(ref))) return false;
    const content = await readFile(this.path(ref.sha256)).catch(() => null);
    return content?.equals(bytes) === true;
  }

  private path(sha256: string): string {
    return join(this.folder, sha256.slice(0, 2), sha256);
  }
}

const PIECE_BYTES = 1024 * 1024;
/** Most modules of Python and Node, and most libraries. */
const SMALL_BYTES = 128 * 1024;
/** Enough for a disk's queue; each holds a file open. */
const FLUSHES_AT_ONCE = 64;

async function listed(folder: string): Promise<string[]> {
  return readdir(folder).catch((cause: unknown) => {
    if (errorCode(cause) === 'ENOENT') return [];
    throw cause;
  });
}

function missing(sha256: string, cause: unknown): FailureError {
  return new FailureError(
    'not-found',
    `A file of the image is missing on disk (${sha256.slice(0, 12)}…). Rebuild the image to bring it back.`,
    { cause },
  );
}

async function* onePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  if (bytes.byteLength > 0) yield await Promise.resolve(bytes);
}

async function* readPieces(path: string, sha256: string, sizeBytes: number): AsyncGenerator<Uint8Array, void, void> {
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw missing(sha256, cause);
  });
  try {
    for (let offset = 0; offset < sizeBytes;) {
      const piece = new Uint8Array(Math.min(PIECE_BYTES, sizeBytes - offset));
      const { bytesRead } = await file.read(piece, 0, piece.byteLength, offset);
      if (bytesRead === 0) return;
      offset += bytesRead;
      yield bytesRead === piece.byteLength ? piece : piece.slice(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
