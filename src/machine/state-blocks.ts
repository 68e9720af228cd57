import type { PlannedBlock, StatePlan } from '../shared/bulk/state-plan.ts';
import { FailureError } from '../shared/result.ts';
import { damagedState } from './damaged-state.ts';
import type { ZstdDecoder } from './zstd-decoder.ts';

/**
 * Pieces whose hashes are computed while what came before is used. The bulk port's window bounds their bytes; that many keep
 * the platform's threads busy while this one parses ten thousand files.
 */
const PIECES_AHEAD = 24;

/** A block that is what its plan says, as it is stored. */
export interface CheckedBlock {
  /** Which of the plan's. */
  readonly index: number;
  readonly block: PlannedBlock;
  readonly stored: Uint8Array;
}

/**
 * Cuts pieces, which are whole blocks, and compares each block with its hash before giving it away.
 * @throws FailureError `damaged`
 */
export async function* checkedBlocks(
  plan: StatePlan,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly CheckedBlock[]> {
  const ahead: Promise<Verdict>[] = [];
  let first = 0;
  for await (const piece of pieces) {
    const blocks = cutBlocks(plan, piece, first);
    ahead.push(check(blocks, first));
    first += blocks.length;
    if (ahead.length > PIECES_AHEAD) yield intact(plan, await ahead.shift());
  }
  while (ahead.length > 0) yield intact(plan, await ahead.shift());
  if (first !== plan.blocks.length) {
    throw damagedState(`it ends after ${first} of its ${plan.blocks.length} blocks`);
  }
}

function cutBlocks(plan: StatePlan, piece: Uint8Array, first: number): CheckedBlock[] {
  const blocks: CheckedBlock[] = [];
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
export function unpackBlock(
  block: PlannedBlock,
  stored: Uint8Array,
  decoder: ZstdDecoder,
  use: (raw: Uint8Array) => void,
): void {
  if (block.codec === 'zstd') decoder.decode(stored, block.rawBytes, use);
  else if (stored.byteLength === block.rawBytes) use(stored);
  else throw damagedState('a block of it has another length than its plan says');
}

interface Verdict {
  readonly blocks: readonly CheckedBlock[];
  /** The first that is not what its plan says. */
  readonly brokenBlock: number | null;
}

/** Never rejects for a wrong hash: nobody might be waiting yet. */
async function check(blocks: readonly CheckedBlock[], first: number): Promise<Verdict> {
  const matches = await Promise.all(
    blocks.map(async ({ block, stored }) => {
      // Runs on the platform's own threads.
      const digest = await crypto.subtle.digest('SHA-256', stored as Uint8Array<ArrayBuffer>);
      return isEqual(new Uint8Array(digest), block.sha256);
    }),
  );
  const broken = matches.indexOf(false);
  return { blocks, brokenBlock: broken < 0 ? null : first + broken };
}

function intact(plan: StatePlan, verdict: Verdict | undefined): readonly CheckedBlock[] {
  if (!verdict) return [];
  if (verdict.brokenBlock === null) return verdict.blocks;
  throw new FailureError(
    'damaged',
    `The saved state is damaged on disk (block ${verdict.brokenBlock + 1} of ${plan.blocks.length} does not match its checksum). It was not loaded; other snapshots are untouched.`,
  );
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && a.every((byte, index) => byte === b[index]);
}
