import { FailureError } from '../result.ts';

/** The emulated processor's page, and the unit in which states are kept. */
export const PAGE_BYTES = 4096;

export type BlockCodec = 'stored' | 'zstd';

/** Some pages as they are sent, and what a machine does with them. */
export interface PlannedBlock {
  /** Its bytes in the stream. */
  readonly storedBytes: number;
  readonly codec: BlockCodec;
  /** When decompressed. */
  readonly rawBytes: number;
  /** The pages that are wanted: `rank` counts pages in the block, `page` in the state. */
  readonly uses: readonly { readonly rank: number; readonly page: number }[];
}

/**
 * How a state reaches a machine: blocks in the order in which they come, each with the pages that are wanted of it. Who sends
 * them has compared them with their hashes.
 * Pages that no block has are zero. All pages of the first `frontBytes` come before any other; where `frontBytes` is 0
 * (not known), all pages come in their order.
 */
export interface StatePlan {
  /** Of the state; its last page may be shorter. */
  readonly sizeBytes: number;
  readonly frontBytes: number;
  readonly blocks: readonly PlannedBlock[];
}

/*
 * As bytes, little-endian: sizeBytes f64, frontBytes f64, number of blocks u32; then for each block storedBytes u32,
 * rawBytes u32, codec u8, number of uses u16, and for each use rank u8, page u32.
 */
const HEAD_BYTES = 20;
const BLOCK_BYTES = 11;
const USE_BYTES = 5;
const CODECS: readonly BlockCodec[] = ['stored', 'zstd'];
/** A block has at most 256 pages, and a page of it may be wanted in many places; each place only once in all. */
const USES_MAX = 0xffff;

export function encodeStatePlan(plan: StatePlan): Uint8Array {
  const useCount = plan.blocks.reduce((sum, { uses }) => sum + uses.length, 0);
  const bytes = new Uint8Array(HEAD_BYTES + plan.blocks.length * BLOCK_BYTES + useCount * USE_BYTES);
  const view = new DataView(bytes.buffer);
  view.setFloat64(0, plan.sizeBytes, true);
  view.setFloat64(8, plan.frontBytes, true);
  view.setUint32(16, plan.blocks.length, true);
  let at = HEAD_BYTES;
  for (const { storedBytes, rawBytes, codec, uses } of plan.blocks) {
    if (uses.length > USES_MAX) throw new Error('a block of a plan has too many uses');
    view.setUint32(at, storedBytes, true);
    view.setUint32(at + 4, rawBytes, true);
    view.setUint8(at + 8, CODECS.indexOf(codec));
    view.setUint16(at + 9, uses.length, true);
    at += BLOCK_BYTES;
    for (const { rank, page } of uses) {
      view.setUint8(at, rank);
      view.setUint32(at + 1, page, true);
      at += USE_BYTES;
    }
  }
  return bytes;
}

/** @throws FailureError `damaged` for what {@link encodeStatePlan} did not write */
export function decodeStatePlan(bytes: Uint8Array): StatePlan {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.byteLength < HEAD_BYTES) throw broken();
  const sizeBytes = view.getFloat64(0, true);
  const frontBytes = view.getFloat64(8, true);
  const blockCount = view.getUint32(16, true);
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0 || !Number.isSafeInteger(frontBytes)) throw broken();
  if (frontBytes < 0 || frontBytes > sizeBytes) throw broken();
  const blocks: PlannedBlock[] = [];
  let at = HEAD_BYTES;
  for (let index = 0; index < blockCount; index += 1) {
    if (at + BLOCK_BYTES > bytes.byteLength) throw broken();
    const rawBytes = view.getUint32(at + 4, true);
    const codec = CODECS[view.getUint8(at + 8)];
    const useCount = view.getUint16(at + 9, true);
    const storedBytes = view.getUint32(at, true);
    at += BLOCK_BYTES;
    if (codec === undefined || at + useCount * USE_BYTES > bytes.byteLength) throw broken();
    const uses: { rank: number; page: number }[] = [];
    for (let use = 0; use < useCount; use += 1) {
      const rank = view.getUint8(at);
      const page = view.getUint32(at + 1, true);
      if (rank * PAGE_BYTES >= rawBytes || page * PAGE_BYTES >= sizeBytes) throw broken();
      uses.push({ rank, page });
      at += USE_BYTES;
    }
    blocks.push({ storedBytes, rawBytes, codec, uses });
  }
  if (at !== bytes.byteLength) throw broken();
  return { sizeBytes, frontBytes, blocks };
}

function broken(): FailureError {
  return new FailureError('damaged', 'The plan for loading a state is broken. It was not loaded.');
}
