import { constants } from 'node:fs';
import { lstat, open, readdir, readlink, rm, type FileHandle } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { errorCode, storageFailure } from '../library/durable.ts';
import { IMPORT_MAX_BYTES, MIB } from '../shared/model/limits.ts';
import { FailureError } from '../shared/result.ts';
import { TAR_BLOCK_BYTES, TAR_END, tarHeader, tarPadding, type TarMember } from './tar-header.ts';
import { TREE_DEPTH_MAX, TREE_MEMBERS_MAX, TREE_NAME_MAX_BYTES, TREE_PATH_MAX_BYTES } from './tree-limits.ts';
import { CopyCounts, type CopyReport } from './tree-report.ts';

const PIECE_BYTES = MIB;
/** What was a file a moment ago and is a link or a pipe now is not followed or waited for. Windows has no such flags. */
const AS_IT_WAS_SEEN = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Packs what is in a folder of the host into a new tar file. Everything in it belongs to root, as the files that are
 * copied singly; symlinks stay what they are, and devices, pipes and sockets are left out and told.
 * @throws FailureError `limit`, `io`, `disk-full`, `cancelled`; the tar is then gone
 */
export async function packTree(folder: string, tarPath: string, signal?: AbortSignal): Promise<CopyReport> {
  const counts = new CopyCounts();
  const tar = await open(tarPath, 'wx', 0o600).catch((cause: unknown) => {
    throw storageFailure(cause, `“${basename(folder)}” was not copied`);
  });
  try {
    const packer = new TreePacker(tar, basename(folder), counts, signal);
    await packer.pack(folder);
    await tar.close();
    return counts.report();
  } catch (cause) {
    await tar.close();
    await rm(tarPath, { force: true });
    throw cause;
  }
}

class TreePacker {
  private readonly tar: FileHandle;
  private readonly name: string;
  private readonly counts: CopyCounts;
  private readonly signal: AbortSignal | undefined;
  private pending: Uint8Array[] = [];
  private pendingBytes = 0;
  private totalBytes = TAR_END.byteLength;
  private members = 0;

  constructor(tar: FileHandle, name: string, counts: CopyCounts, signal: AbortSignal | undefined) {
    this.tar = tar;
    this.name = name;
    this.counts = counts;
    this.signal = signal;
  }

  async pack(folder: string): Promise<void> {
    await this.packFolder(folder, []);
    await this.write(TAR_END);
    await this.flush();
  }

  private async packFolder(folder: string, parts: readonly string[]): Promise<void> {
    const names = await this.reading(parts, () => readdir(folder));
    for (const name of names.sort()) {
      if (this.signal?.aborted === true) {
        throw new FailureError('cancelled', `${this.notCopied()}: it was cancelled.`);
      }
      await this.packMember(join(folder, name), [...parts, name]);
    }
  }

  private async packMember(path: string, parts: readonly string[]): Promise<void> {
    const name = parts.join('/');
    const info = await this.reading(parts, () => lstat(path));
    const member = { name, mode: info.mode & 0o7777, sizeBytes: 0, modifiedAtS: info.mtimeMs / 1000, target: '' };
    this.checkName(parts);
    if (info.isDirectory()) {
      await this.header({ ...member, kind: 'directory' });
      this.counts.folders += 1;
      await this.packFolder(path, parts);
    } else if (info.isSymbolicLink()) {
      const target = await this.reading(parts, () => readlink(path));
      await this.header({ ...member, kind: 'symlink', target });
      this.counts.symlinks += 1;
    } else if (info.isFile()) {
      await this.packFile(path, { ...member, kind: 'file', sizeBytes: info.size }, parts);
    } else this.counts.leaveOut(name, 'is a device, a pipe or a socket');
  }

  private async packFile(path: string, member: TarMember, parts: readonly string[]): Promise<void> {
    const { sizeBytes } = member;
    this.addBytes(sizeBytes);
    const file = await this.reading(parts, () => open(path, AS_IT_WAS_SEEN));
    try {
      await this.header(member);
      for (let offset = 0; offset < sizeBytes;) {
        const piece = new Uint8Array(Math.min(PIECE_BYTES, sizeBytes - offset));
        const { bytesRead } = await this.reading(parts, () => file.read(piece, 0, piece.byteLength, offset));
        if (bytesRead === 0) {
          throw new FailureError('io', `${this.notCopied()}: “${member.name}” changed meanwhile. Try again.`);
        }
        await this.write(piece.subarray(0, bytesRead));
        offset += bytesRead;
      }
      await this.write(tarPadding(sizeBytes));
    } finally {
      await file.close();
    }
    this.counts.files += 1;
    this.counts.sizeBytes += sizeBytes;
  }

  private async header(member: TarMember): Promise<void> {
    this.members += 1;
    if (this.members > TREE_MEMBERS_MAX) {
      throw new FailureError('limit', `${this.notCopied()}: it has more than ${TREE_MEMBERS_MAX} files and folders.`);
    }
    const bytes = tarHeader(member);
    this.addBytes(bytes.byteLength + TAR_BLOCK_BYTES);
    await this.write(bytes);
  }

  private addBytes(count: number): void {
    this.totalBytes += count;
    if (this.totalBytes > IMPORT_MAX_BYTES) {
      throw new FailureError(
        'limit',
        `${this.notCopied()}: it has more than ${IMPORT_MAX_BYTES / 1024 ** 3} GiB, and a machine holds its files in memory. Copy only what is needed.`,
      );
    }
  }

  private checkName(parts: readonly string[]): void {
    const isTooLong =
      parts.length > TREE_DEPTH_MAX ||
      Buffer.byteLength(parts.at(-1) ?? '') > TREE_NAME_MAX_BYTES ||
      Buffer.byteLength(parts.join('/')) > TREE_PATH_MAX_BYTES;
    if (isTooLong) throw new FailureError('limit', `${this.notCopied()}: “${parts.join('/')}” is too long a name.`);
  }

  private async write(bytes: Uint8Array): Promise<void> {
    this.pending.push(bytes);
    this.pendingBytes += bytes.byteLength;
    if (this.pendingBytes >= PIECE_BYTES) await this.flush();
  }

  private async flush(): Promise<void> {
    const bytes = Buffer.concat(this.pending);
    this.pending = [];
    this.pendingBytes = 0;
    try {
      await this.tar.writeFile(bytes);
    } catch (cause) {
      throw storageFailure(cause, this.notCopied());
    }
  }

  private async reading<T>(parts: readonly string[], work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      const name = parts.length === 0 ? this.name : parts.join('/');
      const why = errorCode(cause) === 'ENOENT' ? 'does not exist any more' : 'cannot be read';
      throw new FailureError('io', `${this.notCopied()}: “${name}” ${why}.`, { cause });
    }
  }

  private notCopied(): string {
    return `“${this.name}” was not copied`;
  }
}
