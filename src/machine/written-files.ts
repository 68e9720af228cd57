import { damagedState } from './damaged-state.ts';
import { dropWrittenFiles, fileSystemState, stateWrittenFiles } from './file-system-state.ts';
import { ListReader } from './list-text.ts';
import type { Metadata } from './state-codec.ts';
import { bufferPlace, type FrontSource } from './state-decoder.ts';
import { flatListBuffer } from './state-tree.ts';
import type { FileSystem } from './v86-internals.ts';

/** The bytes of a file that a guest has written, still in the state they were saved in. */
export interface WrittenFile {
  readonly inode: number;
  readonly sizeBytes: number;
  /** A buffer of its own. */
  read(): Uint8Array;
}

/** What this takes at once; the guest runs beside it. */
const SLICE_MS = 4;

/**
 * Takes the written files out of a container's metadata, where they are numbers of buffers yet.
 * @throws FailureError `damaged`
 */
export function takeWrittenFiles(metadata: Metadata, front: FrontSource): WrittenFile[] {
  const files = fileSystemState(metadata.content, metadata.tree);
  const list = listed(stateWrittenFiles(files), metadata, front);
  if (list === null) return [];
  dropWrittenFiles(files);
  const taken = new Set<number>();
  return list.map((entry) => {
    const { inode, buffer } = readEntry(entry);
    if (taken.has(buffer)) throw damagedState('a buffer is used twice');
    taken.add(buffer);
    const { startBytes, endBytes } = bufferPlace(metadata, buffer);
    return { inode, sizeBytes: endBytes - startBytes, read: () => front.read(startBytes, endBytes) };
  });
}

function listed(list: unknown, metadata: Metadata, front: FrontSource): readonly unknown[] | null {
  const buffer = flatListBuffer(list);
  if (buffer === null) return Array.isArray(list) ? (list as unknown[]) : null;
  const { startBytes, endBytes } = bufferPlace(metadata, buffer);
  return new ListReader(front.read(startBytes, endBytes)).all();
}

function readEntry(entry: unknown): { inode: number; buffer: number } {
  const [key, value] = Array.isArray(entry) ? (entry as unknown[]) : [];
  const inode = Number(key);
  if (!Number.isSafeInteger(inode) || inode < 0 || typeof value !== 'object' || value === null)
    throw damagedState('its list of written files is broken');
  const { $buffer: buffer, $type: type } = value as { $buffer?: unknown; $type?: unknown };
  if (typeof buffer !== 'number' || type !== 'Uint8Array') throw damagedState('a written file of it has no bytes');
  return { inode, buffer };
}

/** Written files in a machine that was just restored: each is read when it is first wanted, the rest little by little. */
export class WaitingFiles {
  private readonly waiting = new Map<number, () => void>();

  /** Puts them into a file system that has its list of files already. */
  constructor(fs: FileSystem, files: readonly WrittenFile[]) {
    for (const file of files) this.put(fs.inodedata, file);
  }

  /** Reads all that nobody wanted, a few milliseconds at a time. @param pause ends when it may go on */
  async readAll(pause: () => Promise<void>): Promise<void> {
    let until = performance.now() + SLICE_MS;
    for (const read of this.waiting.values()) {
      read();
      if (performance.now() < until) continue;
      await pause();
      until = performance.now() + SLICE_MS;
    }
  }

  private put(data: Record<number, Uint8Array>, { inode, read }: WrittenFile): void {
    const become = (bytes: Uint8Array): Uint8Array => {
      this.waiting.delete(inode);
      Object.defineProperty(data, inode, { value: bytes, writable: true, enumerable: true, configurable: true });
      return bytes;
    };
    const readNow = (): Uint8Array => become(read());
    Object.defineProperty(data, inode, { get: readNow, set: become, enumerable: true, configurable: true });
    this.waiting.set(inode, () => {
      // The guest may have removed it.
      if (Object.getOwnPropertyDescriptor(data, inode)?.get === readNow) readNow();
      else this.waiting.delete(inode);
    });
  }
}
