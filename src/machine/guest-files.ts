import { FailureError } from '../shared/result.ts';
import type { GuestStat } from './guest-api.ts';
import type { DirEntry } from './protocol.ts';
import type { FileSystem } from './v86-internals.ts';

/** Linux stat.h file types. */
const S_IFMT = 0o170000;
const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;
const S_IFLNK = 0o120000;

const PATH_MAX_BYTES = 4096;
const NAME_MAX_BYTES = 255;
const SYMLINKS_MAX = 40;
/** Kept in guest memory by our init, so the 9p server cannot see into them. */
const MEMORY_FOLDERS = ['proc', 'sys', 'dev', 'run', 'tmp'];

/**
 * Files of the guest as v86's 9p server holds them. The guest caches (`cache=loose`), so while it runs names are the
 * agent's affair (file-exchange.ts): here are only files that it has flushed, or never heard of. Of a guest that is
 * switched off this is all there is.
 */
export class GuestFiles {
  private readonly fs: FileSystem;

  constructor(fs: FileSystem) {
    this.fs = fs;
  }

  readDir(path: string): DirEntry[] {
    const id = this.resolve(path);
    if (!this.fs.IsDirectory(id)) throw new FailureError('bad-input', `${path} is not a folder in the VM.`);
    const entries: DirEntry[] = [];
    for (const [name, child] of this.fs.GetInode(id).direntries) {
      if (name === '.' || name === '..') continue;
      const inode = this.fs.GetInode(child);
      entries.push({
        name,
        kind: kindOf(inode.mode),
        mode: inode.mode & 0o7777,
        sizeBytes: inode.size,
        modifiedAtS: inode.mtime,
      });
    }
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  stat(path: string): GuestStat {
    const { mode, uid, gid, size, mtime } = this.fs.GetInode(this.resolve(path));
    return { kind: kindOf(mode), mode: mode & 0o7777, uid, gid, sizeBytes: size, modifiedAtS: mtime };
  }

  /** @throws FailureError when it is missing, not a regular file or larger than `maxBytes` */
  async read(path: string, maxBytes: number): Promise<Uint8Array> {
    return this.readInode(this.resolve(path), path, maxBytes);
  }

  /** @param qid number of the file in 9p, as the guest says, which may lie; @param path for sentences */
  async readQid(qid: number, path: string, maxBytes: number): Promise<Uint8Array> {
    const id = this.fs.inodes.findIndex((inode) => inode.qid.path === qid);
    if (id < 0) throw new FailureError('io', `${path} could not be read from the VM.`);
    return this.readInode(id, path, maxBytes);
  }

  private async readInode(id: number, path: string, maxBytes: number): Promise<Uint8Array> {
    const inode = this.fs.GetInode(id);
    if (kindOf(inode.mode) !== 'file') throw new FailureError('bad-input', `${path} is not a file in the VM.`);
    if (inode.size > maxBytes) {
      throw new FailureError(
        'limit',
        `${path} is ${inode.size} bytes; at most ${maxBytes} can be copied out. Pack or split it inside the VM first.`,
      );
    }
    if (inode.size === 0) return new Uint8Array(0);
    const bytes = await this.fs.Read(id, 0, inode.size);
    if (!bytes) throw new FailureError('io', `${path} could not be read from the VM.`);
    return bytes.slice(0, inode.size);
  }

  /**
   * Creates or replaces a file. The old inode and its data are removed properly: v86's own
   * `create_file` would leave both in every later state.
   * @returns whether a file was there before, which the guest may have cached
   */
  async write(path: string, bytes: Uint8Array, mode: number, nowS: number): Promise<{ replaced: boolean }> {
    const { parentId, name, shown } = this.resolveParent(path);
    const existing = this.fs.Search(parentId, name);
    if (existing >= 0) {
      if (kindOf(this.fs.GetInode(existing).mode) === 'directory') {
        throw new FailureError('exists', `${shown} is a folder in the VM. Nothing was copied; choose another name.`);
      }
      this.fs.Unlink(parentId, name);
      if (this.fs.GetInode(existing).nlinks === 0) await this.fs.DeleteData(existing);
    }
    const id = await this.fs.CreateBinaryFile(name, parentId, bytes);
    const inode = this.fs.GetInode(id);
    inode.mode = S_IFREG | (mode & 0o7777);
    inode.uid = 0;
    inode.gid = 0;
    inode.mtime = inode.ctime = inode.atime = nowS;
    return { replaced: existing >= 0 };
  }

  private resolveParent(path: string): { parentId: number; name: string; shown: string } {
    const parts = split(path);
    const name = parts.pop();
    if (name === undefined) throw new FailureError('bad-input', 'A file in the VM needs a name.');
    if (new TextEncoder().encode(name).byteLength > NAME_MAX_BYTES) {
      throw new FailureError('bad-input', `The file name is longer than the ${NAME_MAX_BYTES} bytes Linux allows.`);
    }
    const folder = `/${parts.join('/')}`;
    const parentId = this.resolve(folder);
    if (!this.fs.IsDirectory(parentId)) throw new FailureError('bad-input', `${folder} is not a folder in the VM.`);
    return { parentId, name, shown: `/${[...parts, name].join('/')}` };
  }

  /** The inode of a path, symlinks followed. */
  private resolve(path: string): number {
    const names = split(path);
    const trail: { id: number; parts: string[] }[] = [{ id: 0, parts: [] }];
    let links = 0;
    for (let name = names.shift(); name !== undefined; name = names.shift()) {
      if (name === '..') {
        if (trail.length > 1) trail.pop();
        continue;
      }
      const here = trail.at(-1) ?? { id: 0, parts: [] };
      const id = this.fs.IsDirectory(here.id) ? this.fs.Search(here.id, name) : -1;
      if (id < 0) throw new FailureError('not-found', `There is no ${path} in the VM.`);
      const inode = this.fs.GetInode(id);
      if ((inode.mode & S_IFMT) === S_IFLNK) {
        links += 1;
        if (links > SYMLINKS_MAX) throw new FailureError('bad-input', `${path} is a loop of symbolic links in the VM.`);
        names.unshift(...split(inode.symlink));
        if (inode.symlink.startsWith('/')) trail.length = 1;
      } else {
        const parts = [...here.parts, name];
        refuseMemoryFolder(parts);
        trail.push({ id, parts });
      }
    }
    return trail.at(-1)?.id ?? 0;
  }
}

function split(path: string): string[] {
  if (path.length > PATH_MAX_BYTES || path.includes('\0'))
    throw new FailureError('bad-input', 'That is not a path in the VM.');
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

/** @param parts of a path from the root, links and dots resolved */
function refuseMemoryFolder(parts: readonly string[]): void {
  const folder = MEMORY_FOLDERS.find((name) => parts[0] === name);
  if (folder === undefined) return;
  throw new FailureError(
    'unsupported',
    `/${folder} lives in the VM's memory and cannot be reached from outside. Use another folder, such as /root.`,
  );
}

export function kindOf(mode: number): DirEntry['kind'] {
  switch (mode & S_IFMT) {
    case S_IFDIR:
      return 'directory';
    case S_IFREG:
      return 'file';
    case S_IFLNK:
      return 'symlink';
    default:
      return 'other';
  }
}
