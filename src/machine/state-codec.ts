import { FailureError } from '../shared/result.ts';
import {
  elementBytes,
  isTypedArrayName,
  plainBytes,
  typedArray,
  typedArrayName,
  type ArrayView,
  type TypedArrayName,
} from './wasm-view.ts';

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
export const PAGE_BYTES = 4096;

const MAGIC = 'TERRSTAT';
const VERSION = 1;
const HEADER_BYTES = 16;
/** The tree of 200,000 files and their names stays below this; a longer one is damage. */
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

export interface MemoryPages {
  readonly memoryBytes: number;
  /** One bit a page, least significant bit first. */
  readonly bitmap: Uint8Array;
  /** The present pages, back to back. */
  readonly pages: Uint8Array;
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

/**
 * Copies the non-zero pages of guest memory. This and {@link snapshotTree} are all that needs the
 * guest to stand still.
 */
export function copyMemory(memory: Uint8Array): MemoryPages {
  const pageCount = memory.byteLength / PAGE_BYTES;
  const bitmap = new Uint8Array(Math.ceil(pageCount / 8));
  // Guest memory starts 8-aligned in the wasm heap; 32-bit words halve the loads of a byte scan by four.
  const words = new Int32Array(memory.buffer, memory.byteOffset, memory.byteLength / 4);
  const wordsPerPage = PAGE_BYTES / 4;
  let present = 0;
  for (let page = 0; page < pageCount; page += 1) {
    if (!isZero(words, page * wordsPerPage, (page + 1) * wordsPerPage)) {
      bitmap[page >> 3] = (bitmap[page >> 3] ?? 0) | (1 << (page & 7));
      present += 1;
    }
  }
  const pages = new Uint8Array(present * PAGE_BYTES);
  let offset = 0;
  for (const run of pageRuns(bitmap, pageCount)) {
    pages.set(memory.subarray(run.first * PAGE_BYTES, run.end * PAGE_BYTES), offset);
    offset += (run.end - run.first) * PAGE_BYTES;
  }
  return { memoryBytes: memory.byteLength, bitmap, pages };
}

function isZero(words: Int32Array, from: number, to: number): boolean {
  for (let i = from; i < to; i += 4) {
    // Reading past the end gives undefined, which counts as zero here; a page is a whole number of steps anyway.
    if (((words[i] ?? 0) | (words[i + 1] ?? 0) | (words[i + 2] ?? 0) | (words[i + 3] ?? 0)) !== 0) return false;
  }
  return true;
}

/** Runs of neighbouring present pages: fewer, larger copies. */
function* pageRuns(bitmap: Uint8Array, pageCount: number): Generator<{ first: number; end: number }> {
  let first = -1;
  for (let page = 0; page < pageCount; page += 1) {
    const present = ((bitmap[page >> 3] ?? 0) >> (page & 7)) & 1;
    if (present === 1 && first < 0) first = page;
    if (present === 0 && first >= 0) {
      yield { first, end: page };
      first = -1;
    }
  }
  if (first >= 0) yield { first, end: pageCount };
}

/**
 * A copy of v86's state tree that shares no memory with the machine: objects that have `get_state`
 * are replaced by what it returns, typed arrays are copied.
 */
export function snapshotTree(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const kind = typedArrayName(value);
  if (kind) return typedArray(kind, plainBytes(value as unknown as ArrayView).slice().buffer);
  if (Array.isArray(value)) return Array.from(value, snapshotTree);
  if (value instanceof Map) return new Map(Array.from(value, ([key, item]) => [key, snapshotTree(item)]));
  if (hasGetState(value)) return snapshotTree(value.get_state());
  throw new Error('v86 state holds an object that cannot be saved');
}

function hasGetState(value: object): value is { get_state(): unknown } {
  return 'get_state' in value && typeof value.get_state === 'function';
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

interface FlatView {
  readonly $buffer: number;
  readonly $type: TypedArrayName;
}
interface FlatMap {
  readonly $map: readonly (readonly [unknown, unknown])[];
}

function flattenTree(value: unknown, keep: (bytes: Uint8Array) => number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const kind = typedArrayName(value);
  if (kind) return { $buffer: keep(plainBytes(value as unknown as ArrayView)), $type: kind } satisfies FlatView;
  if (Array.isArray(value)) return Array.from(value, (item) => flattenTree(item, keep));
  if (value instanceof Map) {
    return { $map: Array.from(value, ([key, item]) => [key, flattenTree(item, keep)] as const) } satisfies FlatMap;
  }
  throw new Error('a state tree holds a plain object');
}

function reviveTree(value: unknown, bufferAt: (index: number) => Uint8Array): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => reviveTree(item, bufferAt));
  if ('$buffer' in value && '$type' in value && typeof value.$buffer === 'number' && isTypedArrayName(value.$type)) {
    const bytes = bufferAt(value.$buffer);
    if (bytes.byteLength % elementBytes(value.$type) !== 0) throw damaged('an array has a broken length');
    // A copy of its own, so that nothing keeps the file's bytes alive.
    return typedArray(value.$type, bytes.slice().buffer);
  }
  if ('$map' in value && Array.isArray(value.$map)) {
    return new Map(
      value.$map.map((entry: unknown) => {
        if (!Array.isArray(entry) || entry.length !== 2) throw damaged('a map has a broken entry');
        return [entry[0], reviveTree(entry[1], bufferAt)] as const;
      }),
    );
  }
  throw damaged('the device tree has an unknown node');
}

function damaged(what: string): FailureError {
  return new FailureError(
    'damaged',
    `The state is damaged: ${what}. It was not loaded; other snapshots are untouched.`,
  );
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
    const bufferAt = (index: number): Uint8Array => front.buffer(metadata, index);
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
  if (!opened) throw damaged('it ends before its device data');
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
    if (magic !== MAGIC) throw damaged('it does not begin like a Terrarium state');
    const version = view.getUint32(8, true);
    if (version !== VERSION) {
      throw new FailureError('unsupported', `The state has format ${version}; this Terrarium reads format ${VERSION}.`);
    }
    const metadataLength = view.getUint32(12, true);
    if (metadataLength > METADATA_MAX_BYTES) throw damaged('its metadata is impossibly long');
    if (this.length < HEADER_BYTES + metadataLength) return null;
    this.parsed = parseMetadata(this.bytes.subarray(HEADER_BYTES, HEADER_BYTES + metadataLength));
    if (this.parsed.buffersOffset < HEADER_BYTES + metadataLength) throw damaged('its parts overlap');
    return this.parsed;
  }

  buffer(metadata: Metadata, index: number): Uint8Array {
    const info = metadata.buffers[index];
    if (!info || info.offset + info.length > metadata.buffersLength) throw damaged('a buffer lies outside of it');
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
  if (!isMetadata(value)) throw damaged('its metadata has the wrong shape');
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

/** Puts arriving pages where the bitmap says. Pieces need not end at page borders. */
class PagePlacer {
  private readonly memory: Uint8Array;
  private readonly runs: { first: number; end: number }[];
  private run = 0;
  private position: number;

  constructor(memory: Uint8Array, memoryBytes: number, bitmap: Uint8Array, pageCount: number) {
    if (memory.byteLength !== memoryBytes) throw damaged('its memory has another size than the machine');
    const pages = memoryBytes / PAGE_BYTES;
    if (!Number.isInteger(pages) || bitmap.byteLength !== Math.ceil(pages / 8)) throw damaged('its page map is broken');
    this.memory = memory;
    this.runs = [...pageRuns(bitmap, pages)];
    const present = this.runs.reduce((sum, run) => sum + run.end - run.first, 0);
    if (present !== pageCount) throw damaged('its page map and its page count disagree');
    this.position = (this.runs[0]?.first ?? 0) * PAGE_BYTES;
  }

  push(piece: Uint8Array): void {
    let offset = 0;
    while (offset < piece.byteLength) {
      const run = this.runs[this.run];
      if (!run) throw damaged('it has more memory than its page map says');
      const count = Math.min(piece.byteLength - offset, run.end * PAGE_BYTES - this.position);
      this.memory.set(piece.subarray(offset, offset + count), this.position);
      offset += count;
      this.position += count;
      if (this.position === run.end * PAGE_BYTES) {
        this.run += 1;
        this.position = (this.runs[this.run]?.first ?? 0) * PAGE_BYTES;
      }
    }
  }

  finish(): void {
    if (this.run !== this.runs.length) throw damaged('it ends in the middle of its memory');
  }
}
