import { PAGE_BYTES } from '../shared/bulk/state-plan.ts';
import { FailureError } from '../shared/result.ts';
import { align, layoutBuffers, type StateBuffer } from './buffer-layout.ts';
import { fileSystemState, stateWrittenFiles } from './file-system-state.ts';
import type { MemoryPages } from './memory-pages.ts';
import { pagedJson } from './paged-json.ts';
import { flattenTree } from './state-tree.ts';

/**
 * The state container: how a machine's state lies in a file.
 *
 *   0   8  magic "TERRSTAT"
 *   8   4  version (u32 LE): 2, or 1 where no list is a text of its own
 *   12  4  length of the metadata (u32 LE)
 *   16  n  metadata, JSON in UTF-8
 *   ..     buffers, each at a multiple of 8 from the start of the file, as the metadata lists them
 *   ..     memory pages, 4096 bytes each, in ascending order, from a multiple of 4096
 *
 * Pages that are all zero are left out; `pageBitmap` (a buffer) has a 1 for each page present.
 * The container has no checksum of its own: the library hashes its pages.
 *
 * The library keeps pages of 4096 bytes that several states have in common once (docs/formats/library.md). So what is
 * written here begins at pages wherever a change elsewhere could move it: groups of files (list-text.ts), places of buffers in
 * the metadata (paged-json.ts), buffers (buffer-layout.ts), memory. Readers need not care: they go by the metadata.
 */
export const MAGIC = 'TERRSTAT';
export const VERSION = 2;
export const VERSIONS_READ: readonly number[] = [1, VERSION];
export const HEADER_BYTES = 16;
/** The tree of 200,000 files and their names stays below this; a longer one is refused when saved, and damage when read. */
export const METADATA_MAX_BYTES = 256 * 1024 * 1024;

export interface MachineState {
  readonly content: 'full' | 'disk';
  /** v86's state tree (the whole CPU for `full`, the 9p file system for `disk`). */
  readonly tree: unknown;
  /** Output history of each console, oldest byte first. */
  readonly consoles: readonly Uint8Array[];
  /** Null for `disk`. */
  readonly memory: MemoryPages | null;
}

export interface Metadata {
  readonly content: 'full' | 'disk';
  readonly memory: { readonly bytes: number; readonly bitmap: number; readonly pageCount: number } | null;
  readonly consoles: readonly number[];
  readonly tree: unknown;
  readonly buffers: readonly { readonly offset: number; readonly length: number }[];
  readonly buffersLength: number;
  /** Where the buffers start, from the start of the file. */
  readonly buffersOffset: number;
}

export interface EncodedState {
  readonly sizeBytes: number;
  /** What comes before the memory pages. */
  readonly frontBytes: number;
  /** The container in pieces (the last one shorter), without a second whole copy. */
  pieces(pieceBytes: number): Generator<Uint8Array>;
}

/** @throws FailureError `limit` when the guest has more files than a state can list */
export function encodeState(state: MachineState): EncodedState {
  const { buffers, tree, consoles, memory } = takeApart(state);
  const { places, sizeBytes: buffersLength } = layoutBuffers(buffers);
  const metadata = encodeMetadata({ content: state.content, memory, consoles, tree, buffers: places, buffersLength });
  const buffersOffset = HEADER_BYTES + metadata.byteLength;
  const header = new Uint8Array(HEADER_BYTES);
  header.set(new TextEncoder().encode(MAGIC));
  const view = new DataView(header.buffer);
  view.setUint32(8, VERSION, true);
  view.setUint32(12, metadata.byteLength, true);

  const frontBytes = buffersOffset + buffersLength;
  const parts = [
    { offset: 0, bytes: header },
    { offset: HEADER_BYTES, bytes: metadata },
    ...buffers
      .map(({ bytes }, index) => ({ offset: buffersOffset + (places[index]?.offset ?? 0), bytes }))
      .sort((a, b) => a.offset - b.offset),
    ...(state.memory ? [{ offset: frontBytes, bytes: state.memory.pages }] : []),
  ];
  const sizeBytes = frontBytes + (state.memory?.pages.byteLength ?? 0);
  return { sizeBytes, frontBytes, pieces: (pieceBytes) => cut(parts, sizeBytes, pieceBytes) };
}

/** A state's tree as JSON, and the bytes it refers to by their number. */
function takeApart(state: MachineState): Pick<Metadata, 'tree' | 'consoles' | 'memory'> & { buffers: StateBuffer[] } {
  const inodes = inodesOfBuffers(state);
  const buffers: StateBuffer[] = [];
  const keep = (bytes: Uint8Array): number => buffers.push({ bytes, inode: inodes.get(bytes.buffer) ?? null }) - 1;
  const tree = flattenTree(state.tree, keep);
  const memory = state.memory && {
    bytes: state.memory.memoryBytes,
    bitmap: keep(state.memory.bitmap),
    pageCount: state.memory.pages.byteLength / PAGE_BYTES,
  };
  // Last: they grow.
  return { tree, memory, consoles: state.consoles.map(keep), buffers };
}

function inodesOfBuffers({ content, tree }: MachineState): Map<ArrayBufferLike, number> {
  const written = stateWrittenFiles(fileSystemState(content, tree));
  const inodes = new Map<ArrayBufferLike, number>();
  if (!Array.isArray(written)) return inodes;
  for (const entry of written as unknown[]) {
    if (!Array.isArray(entry)) continue;
    const [inode, bytes] = entry as unknown[];
    if (ArrayBuffer.isView(bytes) && Number.isSafeInteger(Number(inode))) inodes.set(bytes.buffer, Number(inode));
  }
  return inodes;
}

/** The metadata, with spaces after it up to the page at which the buffers begin. */
function encodeMetadata(known: Omit<Metadata, 'buffersOffset'>): Uint8Array {
  const pieces = pagedJson(known, HEADER_BYTES);
  const knownBytes = pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
  // It says itself where the buffers start, in place of its closing brace: room for the digits of that.
  const buffersOffset = align(HEADER_BYTES + knownBytes + 40, PAGE_BYTES);
  if (buffersOffset - HEADER_BYTES > METADATA_MAX_BYTES) {
    throw new FailureError(
      'limit',
      'The VM has more files than a saved state can list, so it was not saved. Remove some inside the VM and try again.',
    );
  }
  const metadata = new Uint8Array(buffersOffset - HEADER_BYTES).fill(0x20);
  let at = 0;
  for (const piece of pieces) {
    metadata.set(piece, at);
    at += piece.byteLength;
  }
  metadata.set(new TextEncoder().encode(`,"buffersOffset":${buffersOffset}}`), at - 1);
  return metadata;
}

function* cut(
  parts: readonly { readonly offset: number; readonly bytes: Uint8Array }[],
  totalBytes: number,
  pieceBytes: number,
): Generator<Uint8Array> {
  let first = 0;
  for (let start = 0; start < totalBytes; start += pieceBytes) {
    const end = Math.min(start + pieceBytes, totalBytes);
    const piece = new Uint8Array(end - start);
    for (let i = first; i < parts.length; i += 1) {
      const { offset, bytes } = parts[i] as { offset: number; bytes: Uint8Array };
      if (offset >= end) break;
      const from = Math.max(start, offset);
      const to = Math.min(end, offset + bytes.byteLength);
      if (to > from) piece.set(bytes.subarray(from - offset, to - offset), from - start);
      if (offset + bytes.byteLength <= end) first = i + 1;
    }
    yield piece;
  }
}
