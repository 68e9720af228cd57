import { open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { FailureError } from '../../shared/result.ts';
import { keepAtExit, removeAtExit } from '../claims/process-mark.ts';
import { errorCode, storageFailure, syncFolder, unfinishedBeside, writeAll } from '../durable.ts';
import { loadZstd, type Zstd } from '../zstd.ts';
import { encodeBundleHeader, encodeSectionRow, headerHash, type SectionType } from './bundle-format.ts';

/** Below this zstd gains nothing worth its frame. */
const COMPRESS_MIN_BYTES = 64;

/** Writes a bundle from front to back, beside its destination, and gives it its name when it is whole. */
export class SectionWriter {
  private readonly path: string;
  private readonly unfinished: string;
  private readonly file: FileHandle;
  private readonly zstd: Zstd;
  private position = 0;
  private chain: Uint8Array;

  private constructor(path: string, unfinished: string, file: FileHandle, zstd: Zstd) {
    this.path = path;
    this.unfinished = unfinished;
    this.file = file;
    this.zstd = zstd;
    this.chain = headerHash(encodeBundleHeader());
  }

  /** @throws FailureError `io`, `not-found`, `disk-full` */
  static async create(path: string): Promise<SectionWriter> {
    const zstd = await loadZstd();
    const name = basename(path);
    const there = await stat(path).catch(() => null);
    if (there !== null && !there.isFile()) {
      throw new FailureError(
        'bad-input',
        `“${name}” is there and is no file, so nothing was exported. Choose another name.`,
      );
    }
    const unfinished = unfinishedBeside(path);
    const file = await open(unfinished, 'wx').catch((cause: unknown) => {
      if (errorCode(cause) === 'ENOENT' || errorCode(cause) === 'ENOTDIR') {
        throw new FailureError('not-found', `The folder for “${name}” does not exist. Nothing was exported.`, {
          cause,
        });
      }
      throw exportFailure(cause, name);
    });
    // In a person's own folder nobody looks for leftovers: a process that is told to end takes this along.
    removeAtExit(unfinished);
    const writer = new SectionWriter(path, unfinished, file, zstd);
    try {
      await writer.append(encodeBundleHeader());
      return writer;
    } catch (cause) {
      await writer.abort();
      throw cause;
    }
  }

  /** Bytes so far. */
  get sizeBytes(): number {
    return this.position;
  }

  async write(type: SectionType, payload: Uint8Array): Promise<void> {
    const packed = payload.byteLength < COMPRESS_MIN_BYTES ? payload : this.zstd.compress(payload);
    const isSmaller = packed.byteLength < payload.byteLength;
    const stored = isSmaller ? packed : payload;
    const row = encodeSectionRow(type, isSmaller ? 'zstd' : 'stored', stored, payload.byteLength, this.chain);
    this.chain = row.subarray(row.byteLength - this.chain.byteLength);
    await this.append(row);
    await this.append(stored);
    // Compressing takes milliseconds; whoever else uses this thread gets a turn.
    await new Promise(setImmediate);
  }

  writeJson(type: SectionType, value: unknown): Promise<void> {
    return this.write(type, Buffer.from(JSON.stringify(value), 'utf8'));
  }

  /** When this resolves the file survives a power loss. */
  async commit(): Promise<void> {
    try {
      await this.file.sync();
      await this.file.close();
      await rename(this.unfinished, this.path);
      await syncFolder(dirname(this.path));
      keepAtExit(this.unfinished);
    } catch (cause) {
      await this.abort();
      throw exportFailure(cause, basename(this.path));
    }
  }

  async abort(): Promise<void> {
    // Closed already where the rename failed.
    await Promise.allSettled([this.file.close()]);
    await rm(this.unfinished, { force: true });
    keepAtExit(this.unfinished);
  }

  private async append(bytes: Uint8Array): Promise<void> {
    const name = basename(this.path);
    try {
      await writeAll(this.file, bytes, this.position, `“${name}” was not written`);
    } catch (cause) {
      throw exportFailure(cause, name);
    }
    this.position += bytes.byteLength;
  }
}

/** The folder is a person's own, not the library's: what to do about it is another sentence than there. */
function exportFailure(cause: unknown, name: string): unknown {
  const what = `“${name}” was not written`;
  switch (errorCode(cause)) {
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return new FailureError(
        'disk-full',
        `${what}: there is no room for it. The library is untouched. Free some space, or export to another disk.`,
        { cause },
      );
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return new FailureError('io', `${what}: its folder may not be written to. Choose another folder.`, { cause });
    default:
      return storageFailure(cause, what);
  }
}
