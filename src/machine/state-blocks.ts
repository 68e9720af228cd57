import type { PlannedBlock, StatePlan } from '../shared/bulk/state-plan.ts';
import { damagedState } from './damaged-state.ts';
import type { ZstdDecoder } from './zstd-decoder.ts';

/** A block as it was sent. */
export interface SentBlock {
  /** Which of the plan's. */
  readonly index: number;
  readonly block: PlannedBlock;
  readonly stored: Uint8Array;
}

/**
 * Cuts pieces, which are whole blocks, as their plan says.
 * @throws FailureError `damaged`
 */
export async function* cutBlocks(
  plan: StatePlan,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly SentBlock[]> {
  let first = 0;
  for await (const piece of pieces) {
    const blocks = cut(plan, piece, first);
    first += blocks.length;
    yield blocks;
  }
  if (first !== plan.blocks.length) {
    throw damagedState(`it ends after ${first} of its ${plan.blocks.length} blocks`);
  }
}

function cut(plan: StatePlan, piece: Uint8Array, first: number): SentBlock[] {
  const blocks: SentBlock[] = [];
  for (let at = 0; at < piece.byteLength;) {
    const block = plan.blocks[first + blocks.length];
    if (!block) throw damagedState('it has more blocks than its plan');
    const stored = piece.subarray(at, at + block.storedBytes);
    // Nothing is stored as nothing; it would be counted without end.
    if (stored.byteLength === 0 || stored.byteLength !== block.storedBytes) {
      throw damagedState(`block ${first + blocks.length + 1} is not whole`);
    }
    blocks.push({ index: first + blocks.length, block, stored });
    at += block.storedBytes;
  }
  return blocks;
}

/** @param use is given the block's bytes as they were before they were stored, valid until it returns */
export function unpackBlock<T>(
  block: PlannedBlock,
  stored: Uint8Array,
  decoder: ZstdDecoder,
  use: (raw: Uint8Array) => T,
): T {
  if (block.codec === 'zstd') return decoder.decode(stored, block.rawBytes, use);
  if (stored.byteLength === block.rawBytes) return use(stored);
  throw damagedState('a block of it has another length than its plan says');
}
