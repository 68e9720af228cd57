import { PAGE_BYTES } from '../shared/bulk/state-plan.ts';
import { FailureError } from '../shared/result.ts';
import { align } from './buffer-layout.ts';
import { damagedState } from './damaged-state.ts';
import { PagePlacer } from './memory-pages.ts';
import { HEADER_BYTES, MAGIC, METADATA_MAX_BYTES, VERSION, VERSIONS_READ, type Metadata } from './state-codec.ts';
import { reviveTree } from './state-tree.ts';

/** A state without its memory, which is in the machine already. */
export interface DecodedState {
  readonly content: 'full' | 'disk';
  readonly tree: unknown;
  readonly consoles: readonly Uint8Array[];
}

/**
 * Gives the zeroed guest memory to fill, once its size in bytes is known; its size must be the same (the decoder
 * refuses otherwise). Null drops the memory.
 */
export type MemoryOf = (memoryBytes: number) => Promise<Uint8Array | null>;

/** A container whose metadata and page bitmap have arrived. */
export interface OpenedState {
  readonly metadata: Metadata;
  /** Where the memory pages begin. */
  readonly frontBytes: number;
  /** Takes memory pages; null when there is no memory, or nobody wants it. */
  readonly placer: PagePlacer | null;
  /** Devices, files and consoles; once all of the front has arrived. */
  decode(): DecodedState;
}

/** The first part of a container, as far as it has arrived. */
export interface FrontSource {
  /** These bytes, which nobody else holds. @throws FailureError `damaged` */
  read(startBytes: number, endBytes: number): Uint8Array;
}

/**
 * Reads a container piece by piece, placing memory pages as they arrive.
 * @throws FailureError `damaged` for anything that is not a container this version can read
 */
export async function decodeState(pieces: AsyncIterable<Uint8Array>, memoryOf: MemoryOf): Promise<DecodedState> {
  const front = new FrontBuffer();
  let opened: { readonly placer: PagePlacer | null; readonly state: DecodedState } | null = null;
  for await (const piece of pieces) {
    if (opened) {
      opened.placer?.push(piece);
      continue;
    }
    front.push(piece);
    const metadata = front.metadata();
    if (!metadata || front.length < frontBytesOf(metadata)) continue;
    const { placer, frontBytes, decode } = await openState(metadata, front, memoryOf);
    opened = { placer, state: decode() };
    placer?.push(front.from(frontBytes));
    front.release();
  }
  if (!opened) throw damagedState('it ends before its device data');
  opened.placer?.finish();
  return opened.state;
}

/** A container's devices, files and consoles; its memory is passed over. @throws FailureError `damaged`, `unsupported` */
export function decodeStateBytes(pieces: AsyncIterable<Uint8Array>): Promise<DecodedState> {
  return decodeState(pieces, () => Promise.resolve(null));
}

/** @param front of which the metadata and the page bitmap are there already @throws FailureError `damaged` */
export async function openState(metadata: Metadata, front: FrontSource, memoryOf: MemoryOf): Promise<OpenedState> {
  const taken = new Set<number>();
  const bufferAt = (index: number): Uint8Array => {
    // Each is referred to once in what we wrote; a hostile file could multiply its size otherwise.
    if (taken.has(index)) throw damagedState('a buffer is used twice');
    taken.add(index);
    const { startBytes, endBytes } = bufferPlace(metadata, index);
    return front.read(startBytes, endBytes);
  };
  const memory = metadata.memory && (await memoryOf(metadata.memory.bytes));
  const placer =
    metadata.memory && memory
      ? new PagePlacer(memory, metadata.memory.bytes, bufferAt(metadata.memory.bitmap), metadata.memory.pageCount)
      : null;
  return {
    metadata,
    frontBytes: frontBytesOf(metadata),
    placer,
    decode: () => ({
      content: metadata.content,
      tree: reviveTree(metadata.tree, bufferAt),
      consoles: metadata.consoles.map(bufferAt),
    }),
  };
}

/** Where a buffer lies in the container. @throws FailureError `damaged` */
export function bufferPlace(metadata: Metadata, index: number): { startBytes: number; endBytes: number } {
  const info = metadata.buffers[index];
  if (!info || info.offset + info.length > metadata.buffersLength) throw damagedState('a buffer lies outside of it');
  const startBytes = metadata.buffersOffset + info.offset;
  return { startBytes, endBytes: startBytes + info.length };
}

function frontBytesOf({ buffersOffset, buffersLength, memory }: Metadata): number {
  return memory ? align(buffersOffset + buffersLength, PAGE_BYTES) : buffersOffset + buffersLength;
}

/** The first part of a container (header, metadata, buffers), collected until it is whole. */
class FrontBuffer implements FrontSource {
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
    const endBytes = metadataEnd(this.bytes.subarray(0, this.length));
    if (endBytes === null || this.length < endBytes) return null;
    this.parsed = parseMetadata(this.bytes.subarray(0, endBytes));
    return this.parsed;
  }

  read(startBytes: number, endBytes: number): Uint8Array {
    return this.bytes.slice(startBytes, endBytes);
  }

  from(offset: number): Uint8Array {
    return this.bytes.subarray(offset, this.length);
  }

  release(): void {
    this.bytes = new Uint8Array(0);
  }
}

/** Where a container's metadata ends; null as long as its header is not there. @throws FailureError */
export function metadataEnd(header: Uint8Array): number | null {
  if (header.byteLength < HEADER_BYTES) return null;
  const view = new DataView(header.buffer, header.byteOffset, HEADER_BYTES);
  const magic = new TextDecoder('latin1').decode(header.subarray(0, 8));
  if (magic !== MAGIC) throw damagedState('it does not begin like a Terrarium state');
  const version = view.getUint32(8, true);
  if (!VERSIONS_READ.includes(version)) {
    const known = `this Terrarium reads formats up to ${VERSION}`;
    throw new FailureError('unsupported', `The state has format ${version}; ${known}.`);
  }
  const metadataLength = view.getUint32(12, true);
  if (metadataLength > METADATA_MAX_BYTES) throw damagedState('its metadata is impossibly long');
  return HEADER_BYTES + metadataLength;
}

/** @param front header and metadata @throws FailureError `damaged` */
export function parseMetadata(front: Uint8Array): Metadata {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(front.subarray(HEADER_BYTES)));
  } catch (cause) {
    throw new FailureError('damaged', 'The state is damaged: its metadata cannot be read.', { cause });
  }
  if (!isMetadata(value)) throw damagedState('its metadata has the wrong shape');
  if (value.buffersOffset < front.byteLength) throw damagedState('its parts overlap');
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
