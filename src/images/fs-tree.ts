import type { BlobRef } from '../shared/model/image.ts';
import { refused, shownName, tooMuch } from './tar/refusal.ts';

/** Linux stat.h file types. */
const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;
const S_IFLNK = 0o120000;

const NAME_MAX_BYTES = 255;
const PATH_MAX_BYTES = 4096;
const SYMLINKS_MAX = 40;
/** Half of what fits into a path; links could nest folders without end otherwise. */
const DEPTH_MAX = PATH_MAX_BYTES / 4;
/** v86's inode table says it has a million free inodes; beyond this a guest could not list it sensibly. */
const ENTRIES_MAX = 1_000_000;
/** Names and link targets together: a distribution has a few MB, and the guest's list of its files holds them all. */
const TEXT_MAX_BYTES = 128 * 1024 * 1024;

export interface FileMeta {
  /** Permission bits, without the file type. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since 1970. */
  readonly mtimeS: number;
}

interface Directory {
  readonly kind: 'directory';
  meta: FileMeta;
  readonly children: Map<string, Node>;
}
interface File {
  readonly kind: 'file';
  readonly meta: FileMeta;
  readonly blob: BlobRef;
}
interface Symlink {
  readonly kind: 'symlink';
  readonly meta: FileMeta;
  readonly target: string;
}
type Node = Directory | File | Symlink;

const DEFAULT_FOLDER: FileMeta = { mode: 0o755, uid: 0, gid: 0, mtimeS: 0 };

/**
 * A root file system being put together in memory. Paths are inside it by construction: `..` is
 * refused and symbolic links resolve within the tree, so nothing a tarball says can lead outside.
 * Of two entries with one name the later one stands, as with tar.
 */
export class FsTree {
  private readonly root: Directory = { kind: 'directory', meta: DEFAULT_FOLDER, children: new Map() };
  private entries = 0;
  private textBytes = 0;
  /** What the layer being laid brought, folders on the way to it included; null for a plain tarball. */
  private brought: WeakSet<Node> | null = null;

  /** From here on entries replace what is there, whatever it is, as layers of a container image do. */
  beginLayer(): void {
    this.brought = new WeakSet();
  }

  /** @throws FailureError for a name that no entry could have */
  check(path: string): void {
    this.parts(path);
  }

  addDirectory(path: string, meta: FileMeta): void {
    const parts = this.parts(path);
    const name = parts.pop();
    if (name === undefined) {
      this.root.meta = meta;
      return;
    }
    const parent = this.folder(parts, path);
    const existing = parent.children.get(name);
    if (existing?.kind === 'directory') {
      existing.meta = meta;
      this.brought?.add(existing);
    }
    // A folder entry over a link to a folder means the folder behind it, as tar itself can be told to treat it.
    else if (existing?.kind !== 'symlink' || this.brought !== null)
      this.place(parent, name, { kind: 'directory', meta, children: new Map() });
  }

  addFile(path: string, meta: FileMeta, blob: BlobRef): void {
    this.put(path, { kind: 'file', meta, blob });
  }

  addSymlink(path: string, meta: FileMeta, target: string): void {
    if (target === '' || target.includes('\0') || byteLength(target) > PATH_MAX_BYTES)
      throw refused(path, 'its link target is not valid');
    this.put(path, { kind: 'symlink', meta, target });
  }

  /**
   * A second name for a file, or for a symbolic link itself. v86's format has no hard links, so the content is shared, the
   * inode is not.
   */
  addHardLink(path: string, existingPath: string): void {
    const existing = this.itself(existingPath);
    if (existing?.kind === 'directory' || !existing)
      throw refused(path, `it links to “${shownName(existingPath)}”, which is not a file before it`);
    this.put(path, { ...existing });
  }

  remove(path: string): void {
    const found = this.whereabouts(path);
    if (found !== null) this.take(found.parent, found.name);
  }

  /** Takes away what earlier layers had at a path: what this layer brings there stays. */
  hide(path: string): void {
    const found = this.whereabouts(path);
    if (found !== null) this.hideNode(found.parent, found.name);
  }

  /** Takes away all that earlier layers had in a folder. */
  hideBelow(path: string): void {
    const node = this.lookup(path);
    if (node?.kind === 'directory') for (const name of [...node.children.keys()]) this.hideNode(node, name);
  }

  has(path: string): boolean {
    return this.lookup(path) !== null;
  }

  /** The blob of a regular file, symbolic links followed. */
  blobAt(path: string): BlobRef | null {
    const node = this.lookup(path);
    return node?.kind === 'file' ? node.blob : null;
  }

  /** Every distinct file content. */
  blobs(): BlobRef[] {
    const found = new Map<string, BlobRef>();
    const walk = (folder: Directory): void => {
      for (const node of folder.children.values()) {
        if (node.kind === 'directory') walk(node);
        else if (node.kind === 'file') found.set(node.blob.sha256, node.blob);
      }
    };
    walk(this.root);
    return [...found.values()];
  }

  /** v86's `fs.json`, names sorted so that equal trees give equal bytes. */
  toFsJson(): { text: string; fileCount: number; fileBytes: number } {
    let fileCount = 0;
    let fileBytes = 0;
    const encode = (name: string, node: Node): unknown[] => {
      const { mode, uid, gid, mtimeS } = node.meta;
      switch (node.kind) {
        case 'directory':
          return [name, 4096, mtimeS, S_IFDIR | mode, uid, gid, encodeAll(node)];
        case 'file':
          fileCount += 1;
          fileBytes += node.blob.sizeBytes;
          return [name, node.blob.sizeBytes, mtimeS, S_IFREG | mode, uid, gid, node.blob.sha256];
        case 'symlink':
          return [name, byteLength(node.target), mtimeS, S_IFLNK | 0o777, uid, gid, node.target];
      }
    };
    const encodeAll = (folder: Directory): unknown[] =>
      [...folder.children].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, node]) => encode(name, node));
    const fsroot = encodeAll(this.root);
    return { text: JSON.stringify({ fsroot, version: 3, size: fileBytes }), fileCount, fileBytes };
  }

  private put(path: string, node: File | Symlink): void {
    const parts = this.parts(path);
    const name = parts.pop();
    if (name === undefined) throw refused(path, 'the root cannot be a file');
    const parent = this.folder(parts, path);
    const existing = parent.children.get(name);
    if (existing?.kind === 'directory' && existing.children.size > 0 && this.brought === null)
      throw refused(path, 'a folder with files is there already');
    this.place(parent, name, node);
  }

  private place(parent: Directory, name: string, node: Node): void {
    this.take(parent, name);
    this.entries += 1;
    this.textBytes += textBytesOf(name, node);
    if (this.entries > ENTRIES_MAX) throw tooMuch(`The root file system has more than ${ENTRIES_MAX} entries`);
    if (this.textBytes > TEXT_MAX_BYTES)
      throw tooMuch(`The names in the root file system are longer than ${TEXT_MAX_BYTES / 1024 ** 2} MiB together`);
    parent.children.set(name, node);
    this.brought?.add(node);
  }

  /** Removes a node with all below it from the tree and from the counts. */
  private take(parent: Directory, name: string): void {
    const node = parent.children.get(name);
    if (node === undefined) return;
    if (node.kind === 'directory') for (const child of [...node.children.keys()]) this.take(node, child);
    this.entries -= 1;
    this.textBytes -= textBytesOf(name, node);
    parent.children.delete(name);
  }

  private hideNode(parent: Directory, name: string): void {
    const node = parent.children.get(name);
    if (node === undefined) return;
    if (this.brought?.has(node) !== true) this.take(parent, name);
    else if (node.kind === 'directory') for (const child of [...node.children.keys()]) this.hideNode(node, child);
  }

  /** What a path itself is: a link at its end is not followed. */
  private itself(path: string): Node | null {
    const found = this.whereabouts(path);
    return found === null ? null : (found.parent.children.get(found.name) ?? null);
  }

  /** The folder that a path's last name is in; null when there is none. */
  private whereabouts(path: string): { parent: Directory; name: string } | null {
    const parts = this.parts(path);
    const name = parts.pop();
    if (name === undefined) return null;
    const parent = this.lookup(parts.join('/'));
    return parent?.kind === 'directory' ? { parent, name } : null;
  }

  /** The folder at `parts`, created as needed, symbolic links followed inside the tree. */
  private folder(parts: readonly string[], shown: string): Directory {
    const trail: Directory[] = [this.root];
    const names = [...parts];
    let links = 0;
    for (let name = names.shift(); name !== undefined; name = names.shift()) {
      if (name === '..') {
        if (trail.length > 1) trail.pop();
        continue;
      }
      const here = trail.at(-1) ?? this.root;
      let next = here.children.get(name);
      if (!next) {
        next = { kind: 'directory', meta: DEFAULT_FOLDER, children: new Map() };
        this.place(here, name, next);
      }
      if (next.kind === 'symlink') {
        links += 1;
        if (links > SYMLINKS_MAX) throw refused(shown, 'it goes through a loop of links');
        if (next.target.startsWith('/')) trail.length = 1;
        names.unshift(...linkParts(next.target));
      } else if (next.kind === 'directory') trail.push(next);
      else throw refused(shown, 'it goes through a file as if it were a folder');
      if (trail.length > DEPTH_MAX) throw refused(shown, 'it is nested too deeply');
    }
    // A layer that puts something into a folder has that folder, too.
    if (this.brought !== null) for (const folder of trail) this.brought.add(folder);
    return trail.at(-1) ?? this.root;
  }

  private lookup(path: string): Node | null {
    const trail: Directory[] = [this.root];
    const names = this.parts(path);
    let links = 0;
    for (let name = names.shift(); name !== undefined; name = names.shift()) {
      if (name === '..') {
        if (trail.length > 1) trail.pop();
        continue;
      }
      const next = trail.at(-1)?.children.get(name);
      if (!next) return null;
      if (next.kind === 'symlink') {
        links += 1;
        if (links > SYMLINKS_MAX) return null;
        if (next.target.startsWith('/')) trail.length = 1;
        names.unshift(...linkParts(next.target));
      } else if (next.kind === 'directory') trail.push(next);
      else return names.length === 0 ? next : null;
    }
    return trail.at(-1) ?? null;
  }

  private parts(path: string): string[] {
    if (path.includes('\0') || byteLength(path) > PATH_MAX_BYTES) throw refused(path, 'its name is not valid');
    const parts = path.split('/').filter((part) => part !== '' && part !== '.');
    for (const part of parts) {
      if (part === '..') throw refused(path, 'it points outside of the root file system');
      if (byteLength(part) > NAME_MAX_BYTES) throw refused(path, 'a part of its name is too long');
    }
    return parts;
  }
}

function linkParts(target: string): string[] {
  return target.split('/').filter((part) => part !== '' && part !== '.');
}

function textBytesOf(name: string, node: Node): number {
  return byteLength(name) + (node.kind === 'symlink' ? byteLength(node.target) : 0);
}

function byteLength(text: string): number {
  return Buffer.byteLength(text);
}
