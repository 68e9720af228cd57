import { damagedState } from './damaged-state.ts';
import { fileSystemState, stateInodes, stateWrittenFiles } from './file-system-state.ts';
import { kindOf } from './guest-files.ts';
import type { DirEntry } from './protocol.ts';

/** Linux allows no path beyond 4096 bytes in one call; programs that go down step by step rarely get further. */
const DEPTH_MAX = 512;
const NAME_MAX_CHARACTERS = 255;
const PERMISSION_BITS = 0o7777;
/** The year 2200, beyond which no archive's header has to go. */
const TIME_MAX_S = 7_258_118_400;
const ID_MAX = 0xffff_ffff;
/** Of an inode in v86: its bytes are a file of the image, as long as nothing was written. */
const ON_STORAGE = 2;

/** Something in a saved machine's file system. */
export interface SavedFile {
  /** From the root on, without a slash in front. Its folder came before it. */
  readonly path: string;
  readonly kind: DirEntry['kind'];
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly sizeBytes: number;
  readonly modifiedAtS: number;
  /** Of a symlink. */
  readonly target: string;
  /** Where the bytes of a file are: in the state, or in the image's file of that hash. Null for anything else. */
  readonly content: SavedContent | null;
  /** The path under which the same file came before, where it has several names. */
  readonly linkOf: string | null;
}

export type SavedContent =
  { readonly kind: 'written'; readonly bytes: Uint8Array } | { readonly kind: 'image'; readonly sha256: string };

interface SavedInode extends Omit<SavedFile, 'path' | 'linkOf'> {
  /** Names and inodes in a folder, still unchecked. */
  readonly entries: readonly unknown[];
}

/**
 * The files of a saved machine, without the machine: also of one that no emulator here can run.
 * @param tree of a decoded state; it is not believed
 * @throws FailureError `damaged`
 */
export function* savedFiles(tree: unknown, content: 'full' | 'disk'): Generator<SavedFile> {
  const files = fileSystemState(content, tree);
  const inodes = stateInodes(files);
  if (!Array.isArray(inodes)) throw damagedState('it has no list of files');
  const written = writtenBytes(stateWrittenFiles(files));
  const firstNames = new Map<number, string>([[0, '']]);
  const open = [{ path: '', entries: readInode(inodes, 0, written).entries, next: 0 }];
  while (open.length > 0) {
    const folder = open[open.length - 1];
    const entry = folder?.entries[folder.next];
    if (!folder || entry === undefined) {
      open.pop();
      continue;
    }
    folder.next += 1;
    const { name, id } = readEntry(entry);
    if (name === '.' || name === '..') continue;
    const { entries, ...inode } = readInode(inodes, id, written);
    const path = folder.path === '' ? name : `${folder.path}/${name}`;
    const linkOf = firstNames.get(id) ?? null;
    if (linkOf === null) firstNames.set(id, path);
    if (inode.kind === 'directory') {
      // Linux has no second name for a folder; one that held itself would have no end.
      if (linkOf !== null) throw damagedState('a folder of it has two names');
      if (open.length >= DEPTH_MAX) throw damagedState('its folders are nested too deeply');
      open.push({ path, entries, next: 0 });
    }
    yield { ...inode, path, linkOf };
  }
}

function writtenBytes(list: unknown): Map<number, Uint8Array> {
  if (!Array.isArray(list)) throw damagedState('it has no written files');
  const written = new Map<number, Uint8Array>();
  for (const entry of list as unknown[]) {
    const [id, bytes] = Array.isArray(entry) ? (entry as unknown[]) : [];
    if (!(bytes instanceof Uint8Array) || !isCount(Number(id))) throw damagedState('a written file of it is broken');
    written.set(Number(id), bytes);
  }
  return written;
}

function readEntry(entry: unknown): { name: string; id: number } {
  const [name, id] = Array.isArray(entry) ? (entry as unknown[]) : [];
  if (typeof name !== 'string' || !isCount(id)) throw damagedState('a folder of it is broken');
  // Whoever joins names to paths, here or where they are unpacked, is not to be led elsewhere.
  if (name === '' || name.length > NAME_MAX_CHARACTERS || /[/\0]/.test(name)) {
    throw damagedState('a file of it has an impossible name');
  }
  return { name, id };
}

/** As src: lib/filesystem.js, Inode.get_state: mode, what it is, locks, status, size, uid, gid, …, mtime as the 11th. */
function readInode(inodes: readonly unknown[], id: number, written: ReadonlyMap<number, Uint8Array>): SavedInode {
  const inode = inodes[id];
  if (!Array.isArray(inode)) throw damagedState('a file of it is missing');
  const [mode, what, , status, size, uid, gid, , , , modified] = inode as unknown[];
  if (!isCount(mode) || !isCount(size) || !isCount(uid) || !isCount(gid)) throw damagedState('a file of it is broken');
  const kind = kindOf(mode);
  const content = kind === 'file' ? contentOf(written.get(id), status, what, size) : null;
  return {
    kind,
    mode: mode & PERMISSION_BITS,
    uid: Math.min(uid, ID_MAX),
    gid: Math.min(gid, ID_MAX),
    sizeBytes: content?.kind === 'written' ? content.bytes.byteLength : size,
    modifiedAtS: Math.min(Math.max(Math.floor(Number(modified)) || 0, 0), TIME_MAX_S),
    target: kind === 'symlink' && typeof what === 'string' ? what : '',
    content,
    entries: kind === 'directory' && Array.isArray(what) ? (what as unknown[]) : [],
  };
}

/** Written bytes are longer than the file where v86 left room to grow; a file that was never written to has none. */
function contentOf(bytes: Uint8Array | undefined, status: unknown, what: unknown, sizeBytes: number): SavedContent {
  if (bytes) return { kind: 'written', bytes: bytes.subarray(0, sizeBytes) };
  if (status !== ON_STORAGE) return { kind: 'written', bytes: new Uint8Array(0) };
  if (typeof what !== 'string' || !/^[0-9a-f]{64}$/.test(what)) throw damagedState('a file of its image has no name');
  return { kind: 'image', sha256: what };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
