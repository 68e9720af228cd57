import { constants, createReadStream } from 'node:fs';
import { copyFile, link, mkdir, open, rename, rm, stat, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { extract, type Header } from 'tar-stream';
import { errorCode, storageFailure, unfinishedBeside, writeAll } from '../library/durable.ts';
import { IMPORT_MAX_BYTES } from '../shared/model/limits.ts';
import { FailureError } from '../shared/result.ts';
import { memberName, staysInside } from './tree-member.ts';
import { TREE_MEMBERS_MAX } from './tree-limits.ts';
import { CopyCounts, type CopyReport } from './tree-report.ts';

const READ_BYTES = 256 * 1024;
/** The last second that every file system and `utimes` take: of the year 2106. */
const TIME_MAX_S = 0xffff_ffff;

/**
 * Unpacks an archive that came out of a guest into a new folder of the host. The folder appears when it is whole, under
 * a name where there is nothing or an empty folder; what cannot be unpacked safely is left out and told.
 * @param tarPath an uncompressed tar
 * @throws FailureError `damaged` for what is no whole archive, `limit`, `exists`, `disk-full`, `cancelled`
 */
export async function unpackTree(tarPath: string, destination: string, signal?: AbortSignal): Promise<CopyReport> {
  const unpacker = new TreeUnpacker(unfinishedBeside(destination), basename(destination));
  try {
    await unpacker.unpack(tarPath, signal);
    await show(unpacker.folder, destination);
    return unpacker.counts.report();
  } catch (cause) {
    await rm(unpacker.folder, { recursive: true, force: true });
    throw cause;
  }
}

async function show(unfinished: string, destination: string): Promise<void> {
  try {
    await rename(unfinished, destination);
  } catch (cause) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOTDIR', 'EPERM'].includes(errorCode(cause) ?? '')) {
      throw storageFailure(cause, `“${basename(destination)}” was not copied out`);
    }
    throw new FailureError(
      'exists',
      `“${basename(destination)}” exists already and was kept; nothing was copied out. Move it away, or choose another name.`,
      { cause },
    );
  }
}

type Kind = 'folder' | 'file' | 'symlink';

class TreeUnpacker {
  readonly folder: string;
  readonly counts = new CopyCounts();
  private readonly what: string;
  /** Everything made so far, by its parts joined with `/`. Symlinks are made last, so no parent is ever one. */
  private readonly made = new Map<string, Kind>([['', 'folder']]);
  private readonly symlinks: { readonly parts: readonly string[]; readonly target: string }[] = [];
  private members = 0;
  /** Bytes of files that are copies because a link could not be made. */
  private copiedBytes = 0;

  constructor(folder: string, name: string) {
    this.folder = folder;
    this.what = `“${name}” was not copied out`;
  }

  async unpack(tarPath: string, signal?: AbortSignal): Promise<void> {
    await this.storing(() => mkdir(this.folder));
    const archive = extract();
    const reading = pipeline(createReadStream(tarPath, { highWaterMark: READ_BYTES }), archive, {
      ...(signal && { signal }),
    });
    const walking = (async (): Promise<void> => {
      for await (const entry of archive) {
        await this.take(entry.header, entry as AsyncIterable<Uint8Array>);
        entry.resume();
      }
    })();
    const [read, walked] = await Promise.allSettled([reading, walking]);
    // What went wrong with a member is the cause; the stream then only says that it was broken off.
    const failed = [walked, read].find((outcome) => outcome.status === 'rejected');
    if (failed) throw this.failure(failed.reason, signal);
    for (const { parts, target } of this.symlinks) await this.makeSymlink(parts, target);
  }

  private failure(cause: unknown, signal?: AbortSignal): unknown {
    if (signal?.aborted === true) {
      return new FailureError('cancelled', `${this.what}: it was cancelled. Nothing was left behind.`, { cause });
    }
    if (cause instanceof FailureError || SYSTEM_ERROR.test(errorCode(cause) ?? '')) return cause;
    return new FailureError('damaged', `${this.what}: what the machine sent is no whole archive.`, { cause });
  }

  private async take(header: Header, content: AsyncIterable<Uint8Array>): Promise<void> {
    this.members += 1;
    if (this.members > TREE_MEMBERS_MAX) throw this.tooMany();
    const name = memberName(header.name, process.platform);
    if ('refused' in name) {
      this.counts.leaveOut(header.name, name.refused);
      return;
    }
    const refused = await this.make(name.parts, header, content);
    if (refused !== null) this.counts.leaveOut(name.parts.join('/'), refused);
  }

  /** @returns why it was not made, or null */
  private async make(
    parts: readonly string[],
    header: Header,
    content: AsyncIterable<Uint8Array>,
  ): Promise<string | null> {
    // The archive's own folder, which is there.
    if (parts.length === 0) return header.type === 'directory' ? null : 'has no name';
    switch (header.type) {
      case 'directory':
        return this.makeFolders(parts, header.mode);
      case 'file':
      case 'contiguous-file':
        return (await this.missingParents(parts)) ?? (await this.makeFile(parts, header, content));
      case 'link':
        return (await this.missingParents(parts)) ?? (await this.makeHardLink(parts, header.linkname));
      case 'symlink':
        return (await this.missingParents(parts)) ?? this.planSymlink(parts, header.linkname);
      case 'block-device':
      case 'character-device':
      case 'fifo':
        return 'is a device or a pipe';
      default:
        return 'is of a kind that is not copied';
    }
  }

  private tooMany(): FailureError {
    return new FailureError(
      'limit',
      `${this.what}: it has more than ${TREE_MEMBERS_MAX} files and folders. Pack it into one file inside the machine, and copy that.`,
    );
  }

  private missingParents(parts: readonly string[]): Promise<string | null> {
    return this.makeFolders(parts.slice(0, -1), 0o777);
  }

  /** Makes a folder and those above it, as far as they are not there. */
  private async makeFolders(parts: readonly string[], mode: number): Promise<string | null> {
    for (let depth = 1; depth <= parts.length; depth += 1) {
      const above = parts.slice(0, depth);
      const there = this.made.get(above.join('/'));
      if (there === 'folder') continue;
      if (there !== undefined) return `lies below a ${there}, or has its name`;
      // Its owner on the host may always look into it and remove it.
      const bits = (depth === parts.length ? mode & 0o777 : 0o777) | 0o700;
      if (!(await this.isNew(() => mkdir(this.path(above), { mode: bits })))) return SAME_NAME;
      this.made.set(above.join('/'), 'folder');
      this.counts.folders += 1;
      // One member can name a hundred folders that are no members themselves.
      if (this.made.size > TREE_MEMBERS_MAX) throw this.tooMany();
    }
    return null;
  }

  private async makeFile(
    parts: readonly string[],
    { mode, mtime }: Header,
    content: AsyncIterable<Uint8Array>,
  ): Promise<string | null> {
    const key = parts.join('/');
    if (this.made.has(key)) return TWICE;
    // Set-user-id and its like mean nothing good on the host.
    const file = await open(this.path(parts), 'wx', (mode & 0o777) | 0o600).catch((cause: unknown) => {
      if (errorCode(cause) === 'EEXIST') return null;
      throw storageFailure(cause, this.what);
    });
    if (file === null) return SAME_NAME;
    try {
      this.made.set(key, 'file');
      let written = 0;
      for await (const piece of content) {
        await this.storing(() => writeAll(file, piece, written, this.what));
        written += piece.byteLength;
      }
      const seconds = mtime.getTime() / 1000;
      if (seconds >= 0 && seconds <= TIME_MAX_S) await this.storing(() => file.utimes(seconds, seconds));
      this.counts.files += 1;
      this.counts.sizeBytes += written;
    } finally {
      await file.close();
    }
    return null;
  }

  /** A link is made to a file that this archive brought, never to one that the host has. */
  private async makeHardLink(parts: readonly string[], target: string): Promise<string | null> {
    const key = parts.join('/');
    if (this.made.has(key)) return TWICE;
    const to = memberName(target, process.platform);
    if ('refused' in to || this.made.get(to.parts.join('/')) !== 'file') return 'is a link to what was not copied';
    const [from, here] = [this.path(to.parts), this.path(parts)];
    const isNew = await this.isNew(() =>
      link(from, here).catch((cause: unknown) => {
        // Not every file system has links, and none has any number of them.
        if (!['EPERM', 'ENOTSUP', 'ENOSYS', 'EMLINK'].includes(errorCode(cause) ?? '')) throw cause;
        return this.copyInstead(from, here);
      }),
    );
    if (!isNew) return SAME_NAME;
    this.made.set(key, 'file');
    this.counts.files += 1;
    return null;
  }

  /** A small archive may hold a large file and any number of links to it. */
  private async copyInstead(from: string, here: string): Promise<void> {
    this.copiedBytes += (await stat(from)).size;
    if (this.copiedBytes > IMPORT_MAX_BYTES) {
      throw new FailureError(
        'limit',
        `${this.what}: its hard links would be copies of more than ${IMPORT_MAX_BYTES / 1024 ** 3} GiB on this disk. Pack it into one file inside the machine, and copy that.`,
      );
    }
    await copyFile(from, here, constants.COPYFILE_EXCL);
  }

  private planSymlink(parts: readonly string[], target: string): string | null {
    const key = parts.join('/');
    if (this.made.has(key)) return TWICE;
    if (!staysInside(parts, target, process.platform)) return 'is a symbolic link out of the folder';
    this.made.set(key, 'symlink');
    this.symlinks.push({ parts, target });
    return null;
  }

  private async makeSymlink(parts: readonly string[], target: string): Promise<void> {
    if (await this.isNew(() => symlink(target, this.path(parts)))) this.counts.symlinks += 1;
    else this.counts.leaveOut(parts.join('/'), SAME_NAME);
  }

  private path(parts: readonly string[]): string {
    return join(this.folder, ...parts);
  }

  /** Runs what makes a name; false when the disk has it already, spelt alike. */
  private async isNew(make: () => Promise<unknown>): Promise<boolean> {
    try {
      await make();
      return true;
    } catch (cause) {
      if (errorCode(cause) === 'EEXIST') return false;
      throw storageFailure(cause, this.what);
    }
  }

  private async storing<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      throw storageFailure(cause, this.what);
    }
  }
}

/** As opposed to the codes of streams, which contain `_`. */
const SYSTEM_ERROR = /^E[A-Z0-9]+$/;
const TWICE = 'appears twice';
const SAME_NAME = 'has a name that this disk does not tell from another';
