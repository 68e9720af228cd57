import { createReadStream } from 'node:fs';
import { access, chmod, mkdtemp, open, realpath, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, posix, sep } from 'node:path';
import { errorCode, storageFailure } from '../library/durable.ts';
import type { MachineClient } from '../machine/client.ts';
import { IMPORT_MAX_BYTES } from '../shared/model/limits.ts';
import { FailureError } from '../shared/result.ts';
import { unlessCancelled } from './cancellation.ts';
import type { TransferTokens } from './transfers.ts';
import { packTree } from './tree-pack.ts';
import { CopyCounts, type CopyReport } from './tree-report.ts';
import { unpackTree } from './tree-unpack.ts';

export interface CopyOptions {
  readonly signal?: AbortSignal;
  /** Bytes that went over, of a folder those of its archive. */
  onProgress?(doneBytes: number, totalBytes: number): void;
}

type Client = Pick<MachineClient, 'request'>;

/** Copies files and folders between the host and one machine. */
export class GuestCopy {
  private readonly client: Client;
  private readonly tokens: TransferTokens;

  constructor(client: Client, tokens: TransferTokens) {
    this.client = client;
    this.tokens = tokens;
  }

  /**
   * @param guestPath the name the copy gets; with `/` at its end, the folder it goes into under the name it has. What is
   * in a folder is added to what is there.
   */
  async in(hostPath: string, guestPath: string, options: CopyOptions = {}): Promise<CopyReport> {
    const info = await stat(hostPath).catch((cause: unknown) => {
      const missing = errorCode(cause) === 'ENOENT';
      throw new FailureError(
        missing ? 'not-found' : 'io',
        `“${hostPath}” ${missing ? 'does not exist' : 'cannot be read'}. Nothing was copied.`,
        { cause },
      );
    });
    const target = guestPath.endsWith('/') ? posix.join(guestPath, basename(hostPath)) : guestPath;
    if (!info.isDirectory()) return this.fileIn(hostPath, target, info.mode & 0o777, options);
    return withScratch(async (scratch) => {
      const report = await packTree(hostPath, join(scratch, 'tree.tar'), options.signal);
      await this.treeIn(join(scratch, 'tree.tar'), target, options);
      return report;
    });
  }

  /**
   * @param hostPath the name the copy gets; with a separator at its end, the folder it goes into under the name it has. A
   * file takes the place of another; a folder that has something in it is never changed.
   */
  async out(guestPath: string, hostPath: string, options: CopyOptions = {}): Promise<CopyReport> {
    const isInto = hostPath.endsWith('/') || hostPath.endsWith(sep);
    const target = isInto ? join(hostPath, posix.basename(guestPath)) : hostPath;
    await checkFolderOf(target);
    const { kind, mode } = await unlessCancelled(
      'The copy',
      options.signal,
      this.client.request('stat', { guestPath, followLinks: true }),
    );
    if (kind === 'directory') {
      return withScratch(async (scratch) => {
        await this.treeOut(guestPath, join(scratch, 'tree.tar'), options);
        return unpackTree(join(scratch, 'tree.tar'), target, options.signal);
      });
    }
    if (kind !== 'file') throw new FailureError('unsupported', `${guestPath} is no file and no folder of the machine.`);
    return this.fileOut(guestPath, target, (mode & 0o111) !== 0, options);
  }

  /** The content of a folder of the machine as a tar archive, piece by piece. Nothing is read before it is iterated. */
  async *readTree(guestPath: string, options: CopyOptions = {}): AsyncGenerator<Uint8Array, void, void> {
    const scratch = await newScratch();
    try {
      const tar = join(scratch, 'tree.tar');
      await this.treeOut(guestPath, tar, options);
      for await (const piece of createReadStream(tar)) yield piece as Uint8Array;
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  }

  /** Unpacks a tar archive (not compressed) into a folder of the machine, which is made if it is not there. */
  async writeTree(guestPath: string, tar: AsyncIterable<Uint8Array>, options: CopyOptions = {}): Promise<void> {
    await withScratch(async (scratch) => {
      await spool(tar, join(scratch, 'tree.tar'), options.signal);
      await this.treeIn(join(scratch, 'tree.tar'), guestPath, options);
    });
  }

  private async fileIn(hostPath: string, guestPath: string, mode: number, options: CopyOptions): Promise<CopyReport> {
    const { sizeBytes } = await this.tokens.lend('import', { path: hostPath, ...options }, (token) =>
      unlessCancelled('The copy', options.signal, this.client.request('importFile', { token, guestPath, mode })),
    );
    return oneFile(sizeBytes);
  }

  private async fileOut(
    guestPath: string,
    hostPath: string,
    isProgram: boolean,
    options: CopyOptions,
  ): Promise<CopyReport> {
    // A link stays, and what it leads to is replaced: it may be the system's, as /dev/stdout is.
    const path = await realpath(hostPath).catch(() => hostPath);
    const there = await stat(path).catch(() => null);
    if (there?.isDirectory() === true) {
      throw new FailureError(
        'exists',
        `“${hostPath}” is a folder and was kept. End it with “/” to copy the file into it.`,
      );
    }
    if (there?.isFile() === false) {
      throw new FailureError(
        'unsupported',
        `“${hostPath}” is a device or a pipe, which a copy would take the place of; it was kept. Copy to a file, or have the command print it.`,
      );
    }
    const { sizeBytes } = await this.tokens.lend('export', { path, ...options }, (token) =>
      unlessCancelled('The copy', options.signal, this.client.request('exportFile', { token, guestPath })),
    );
    if (isProgram) await chmod(path, (await stat(path)).mode | EXECUTABLE_BITS);
    return oneFile(sizeBytes);
  }

  private async treeIn(tarPath: string, guestPath: string, options: CopyOptions): Promise<void> {
    await this.tokens.lend('import', { path: tarPath, ...options }, (token) =>
      unlessCancelled('The copy', options.signal, this.client.request('importTree', { token, guestPath })),
    );
  }

  private async treeOut(guestPath: string, tarPath: string, options: CopyOptions): Promise<void> {
    await this.tokens.lend('export', { path: tarPath, ...options }, (token) =>
      unlessCancelled('The copy', options.signal, this.client.request('exportTree', { token, guestPath })),
    );
  }
}

/** Whoever may read the copy may run it: the owner, since new files are for the owner to write. */
const EXECUTABLE_BITS = 0o100;

function oneFile(sizeBytes: number): CopyReport {
  const counts = new CopyCounts();
  counts.files = 1;
  counts.sizeBytes = sizeBytes;
  return counts.report();
}

async function checkFolderOf(path: string): Promise<void> {
  await access(dirname(path)).catch((cause: unknown) => {
    throw new FailureError('not-found', `There is no folder “${dirname(path)}” to copy to. Nothing was copied.`, {
      cause,
    });
  });
}

async function newScratch(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'terrarium-copy-')).catch((cause: unknown) => {
    throw storageFailure(cause, 'Nothing was copied');
  });
}

async function withScratch<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const scratch = await newScratch();
  try {
    return await use(scratch);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function spool(tar: AsyncIterable<Uint8Array>, path: string, signal?: AbortSignal): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    let sizeBytes = 0;
    for await (const piece of tar) {
      if (signal?.aborted === true) throw new FailureError('cancelled', 'The copy was cancelled.');
      sizeBytes += piece.byteLength;
      if (sizeBytes > IMPORT_MAX_BYTES) {
        throw new FailureError(
          'limit',
          `The archive has more than ${IMPORT_MAX_BYTES / 1024 ** 3} GiB, and a machine holds its files in memory. Nothing was copied.`,
        );
      }
      await file.writeFile(piece).catch((cause: unknown) => {
        throw storageFailure(cause, 'Nothing was copied');
      });
    }
  } finally {
    await file.close();
  }
}
