import { FailureError } from '../shared/result.ts';
import { damagedState } from './damaged-state.ts';
import { PAGE_BYTES, PagePlacer, type MemoryPages } from './memory-pages.ts';
import { flattenTree, reviveTree } from './state-tree.ts';

/**
 * The state container: how a machine's state lies in a file.
 *
 *   0   8  magic "TERRSTAT"
 *   8   4  version (u32 LE), 1
 *   12  4  length of the metadata (u32 LE)
 *   16  n  metadata, JSON in UTF-8
 *   ..     buffers, each at a multiple of 8 from the start of the file, as the metadata lists them
 *   ..     memory pages, 4096 bytes each, in ascending order, from a multiple of 4096
 *
 * Pages that are all zero are left out; `pageBitmap` (a buffer) has a 1 for each page present.
 * The container has no checksum of its own: the library hashes its pieces.
 */
const MAGIC = 'TERRSTAT';
const VERSION = 1;
const HEADER_BYTES = 16;
/** The tree of 200,000 files and their names stays below this; a longer one is refused when saved, and damage when read. */
const METADATA_MAX_BYTES = 256 * 1024 * 1024;

export interface MachineState {
  readonly content: 'full' | 'disk';
  /** v86's state tree (the whole CPU for `full`, the 9p file system for `disk`). */
  readonly tree: unknown;
  /** Output history of each console, oldest byte first. */
  readonly consoles: readonly Uint8Array[];
  /** Null for `disk`. */
  readonly memory: MemoryPages | null;
}

interface Metadata {
  readonly content: 'full' | 'disk';
  readonly tree: unknown;
  readonly buffers: readonly { readonly offset: number; readonly length: number }[];
  readonly consoles: readonly number[];
  readonly memory: { readonly bytes: number; readonly bitmap: number; readonly pageCount: number } | null;
  /** Where the buffers start and where they end, from the start of the file. */
  readonly buffersOffset: number;
  readonly buffersLength: number;
}

/** The container's bytes, as pieces of `pieceBytes` (the last one shorter), without a second whole copy. */
export function* encodeState(state: MachineState, pieceBytes: number): Generator<Uint8Array> {
  const { head, tail, totalBytes } = layout(state);
  const parts: { offset: number; bytes: Uint8Array }[] = [...head, ...tail];
  let part = 0;
  for (let start = 0; start < totalBytes; start += pieceBytes) {
    const end = Math.min(start + pieceBytes, totalBytes);
    const piece = new Uint8Array(end - start);
    for (let i = part; i < parts.length; i += 1) {
      const { offset, bytes } = parts[i] as { offset: number; bytes: Uint8Array };
      if (offset >= end) break;
      const from = Math.max(start, offset);
      const to = Math.min(end, offset + bytes.byteLength);
      if (to > from) piece.set(bytes.subarray(from - offset, to - offset), from - start);
      if (offset + bytes.byteLength <= end) part = i + 1;
    }
    yield piece;
  }
}

/** Size of the container that {@link encodeState} gives for a state. */
export function encodedSize(state: MachineState): number {
  return layout(state).totalBytes;
}

function layout(state: MachineState): {
  head: { offset: number; bytes: Uint8Array }[];
  tail: { offset: number; bytes: Uint8Array }[];
  totalBytes: number;
} {
  const buffers: Uint8Array[] = [];
  const keep = (bytes: Uint8Array): number => buffers.push(bytes) - 1;
  const tree = flattenTree(state.tree, keep);
  const consoles = state.consoles.map(keep);
  const memory = state.memory
    ? {
        bytes: state.memory.memoryBytes,
        bitmap: keep(state.memory.bitmap),
        pageCount: state.memory.pages.byteLength / PAGE_BYTES,
      }
    : null;

  let length = 0;
  const infos = buffers.map((buffer) => {
    const info = { offset: length, length: buffer.byteLength };
    length = align(length + buffer.byteLength, 8);
    return info;
  });
  const describe = (buffersOffset: number): Uint8Array => {
    const metadata: Metadata = {
      content: state.content,
      tree,
      buffers: infos,
      consoles,
      memory,
      buffersOffset,
      buffersLength: length,
    };
    return new TextEncoder().encode(JSON.stringify(metadata));
  };
  // The metadata names where the buffers start, after itself: leave room for the digits of that number.
  const draft = describe(0);
  const buffersOffset = align(HEADER_BYTES + draft.byteLength + 16, 8);
  const metadata = describe(buffersOffset);
  if (metadata.byteLength > METADATA_MAX_BYTES) {
    throw new FailureError(
      'limit',
      'The VM has more files than a saved state can list, so it was not saved. Remove some inside the VM and try again.',
    );
  }
  const header = new Uint8Array(HEADER_BYTES);
  header.set(new TextEncoder().encode(MAGIC));
  const view = new DataView(header.buffer);
  view.setUint32(8, VERSION, true);
  view.setUint32(12, metadata.byteLength, true);

  const pagesOffset = align(buffersOffset + length, PAGE_BYTES);
  const head = [
    { offset: 0, bytes: header },
    { offset: HEADER_BYTES, bytes: metadata },
    ...buffers.map((bytes, i) => ({ offset: buffersOffset + (infos[i]?.offset ?? 0), bytes })),
  ];
  const tail = state.memory ? [{ offset: pagesOffset, bytes: state.memory.pages }] : [];
  const totalBytes = state.memory ? pagesOffset + state.memory.pages.byteLength : buffersOffset + length;
  return { head, tail, totalBytes };
}

function align(value: number, to: number): number {
  return Math.ceil(value / to) * to;
}

/**
 * Reads a container piece by piece, placing memory pages as they arrive.
 * @param memoryOf called once the metadata is known, with the memory size in bytes; gives the
 *   zeroed guest memory to fill, whose size must be the same (the caller refuses otherwise)
 * @throws FailureError `damaged` for anything that is not a container this version wrote
 */
export async function decodeState(
  pieces: AsyncIterable<Uint8Array>,
  memoryOf: (memoryBytes: number) => Promise<Uint8Array>,
): Promise<{ content: 'full' | 'disk'; tree: unknown; consoles: readonly Uint8Array[] }> {
  const front = new FrontBuffer();
  let opened: { metadata: Metadata; tree: unknown; consoles: Uint8Array[]; placer: PagePlacer | null } | null = null;
  for await (const piece of pieces) {
    if (opened) {
      opened.placer?.push(piece);
      continue;
    }
    front.push(piece);
    const metadata = front.metadata();
    if (!metadata) continue;
    const frontEnd = metadata.memory
      ? align(metadata.buffersOffset + metadata.buffersLength, PAGE_BYTES)
      : metadata.buffersOffset + metadata.buffersLength;
    if (front.length < frontEnd) continue;
    const taken = new Set<number>();
    const bufferAt = (index: number): Uint8Array => {
      // Each is referred to once in what we wrote; a hostile file could multiply its size otherwise.
      if (taken.has(index)) throw damagedState('a buffer is used twice');
      taken.add(index);
      return front.buffer(metadata, index);
    };
    const placer = metadata.memory
      ? new PagePlacer(
          await memoryOf(metadata.memory.bytes),
          metadata.memory.bytes,
          bufferAt(metadata.memory.bitmap).slice(),
          metadata.memory.pageCount,
        )
      : null;
    placer?.push(front.from(frontEnd));
    opened = {
      metadata,
      tree: reviveTree(metadata.tree, bufferAt),
      consoles: metadata.consoles.map((index) => bufferAt(index).slice()),
      placer,
    };
    front.release();
  }
  if (!opened) throw damagedState('it ends before its device data');
  opened.placer?.finish();
  return { content: opened.metadata.content, tree: opened.tree, consoles: opened.consoles };
}

/** The first part of a container (header, metadata, buffers), collected until it is whole. */
class FrontBuffer {
  private bytes = new Uint8Array(0);
  length = 0;
  private parsed: Metadata | null = null;

  push(piece: Uint8Array): void {
    if (this.length + piece.byteLength > this.bytes.byteLength) {
      const grown = new Uint8Array(Math.max(2 * this.bytes.byteLength, this.length + piece.byteLength));
      grown.set(this.bytes.subarray(0, this.length));
      this.bytes = grown;
    }
    this.bytes.set(piece, this.length);
    this.length += piece.byteLength;
  }

  metadata(): Metadata | null {
    if (this.parsed) return this.parsed;
    if (this.length < HEADER_BYTES) return null;
    const view = new DataView(this.bytes.buffer, 0, HEADER_BYTES);
    const magic = new TextDecoder('latin1').decode(this.bytes.subarray(0, 8));
    if (magic !== MAGIC) throw damagedState('it does not begin like a Terrarium state');
    const version = view.getUint32(8, true);
    if (version !== VERSION) {
      throw new FailureError('unsupported', `The state has format ${version}; this Terrarium reads format ${VERSION}.`);
    }
    const metadataLength = view.getUint32(12, true);
    if (metadataLength > METADATA_MAX_BYTES) throw damagedState('its metadata is impossibly long');
    if (this.length < HEADER_BYTES + metadataLength) return null;
    this.parsed = parseMetadata(this.bytes.subarray(HEADER_BYTES, HEADER_BYTES + metadataLength));
    if (this.parsed.buffersOffset < HEADER_BYTES + metadataLength) throw damagedState('its parts overlap');
    return this.parsed;
  }

  buffer(metadata: Metadata, index: number): Uint8Array {
    const info = metadata.buffers[index];
    if (!info || info.offset + info.length > metadata.buffersLength) throw damagedState('a buffer lies outside of it');
    const start = metadata.buffersOffset + info.offset;
    return this.bytes.subarray(start, start + info.length);
  }

  from(offset: number): Uint8Array {
    return this.bytes.subarray(offset, this.length);
  }

  release(): void {
    this.bytes = new Uint8Array(0);
  }
}

function parseMetadata(bytes: Uint8Array): Metadata {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new FailureError('damaged', 'The state is damaged: its metadata cannot be read.', { cause });
  }
  if (!isMetadata(value)) throw damagedState('its metadata has the wrong shape');
  return value;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

function isMetadata(value: unknown): value is Metadata {
  if (!isRecord(value)) return false;
  const { content, buffers, consoles, memory, buffersOffset, buffersLength } = value;
  return (
    (content === 'full' || content === 'disk') &&
    'tree' in value &&
    Array.isArray(buffers) &&
    buffers.every((info: unknown) => isRecord(info) && isCount(info['offset']) && isCount(info['length'])) &&
    Array.isArray(consoles) &&
    consoles.every(isCount) &&
    isCount(buffersOffset) &&
    isCount(buffersLength) &&
    (memory === null ||
      (isRecord(memory) && isCount(memory['bytes']) && isCount(memory['bitmap']) && isCount(memory['pageCount']))) &&
    (content === 'full') === (memory !== null)
  );
}
