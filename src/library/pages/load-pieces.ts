import { STATE_PIECE_BYTES } from '../../shared/bulk/resources.ts';
import { PAGE_BYTES } from '../../shared/bulk/state-plan.ts';
import type { LoadStep } from './load-plan.ts';
import type { PackBlock } from './pack-format.ts';

/** Reads under way: enough to keep a disk busy. */
const READS_AHEAD = 4;

export interface BlockSource {
  /** Blocks of a pack that lie one behind the other, as they are stored. */
  readStored(pack: number, first: PackBlock, last: PackBlock): Promise<Uint8Array>;
  /** Compares a block with its hash. @throws FailureError `damaged` */
  check(step: LoadStep, stored: Uint8Array): Promise<void>;
  /** The same, and decompresses it. @throws FailureError `damaged` */
  unpack(step: LoadStep, stored: Uint8Array): Promise<Uint8Array>;
}

/** What the steps of a plan send, in pieces of up to STATE_PIECE_BYTES, whole blocks each. Further ones are read meanwhile. */
export async function* loadPieces(
  steps: readonly LoadStep[],
  source: BlockSource,
): AsyncGenerator<Uint8Array, void, void> {
  const runs = neighbours(steps);
  const ahead: Promise<Uint8Array>[] = [];
  const begin = (index: number): void => {
    const run = runs[index];
    if (!run) return;
    const reading = source.readStored(run.pack, run.first.block, (run.steps.at(-1) ?? run.first).block);
    // One that fails is reported when it is its turn.
    reading.catch(() => undefined);
    ahead.push(reading);
  };
  for (let index = 0; index < READS_AHEAD; index += 1) begin(index);
  const piece = new Piece();
  try {
    for (const [index, run] of runs.entries()) {
      const bytes = await ahead.shift();
      begin(index + READS_AHEAD);
      if (!bytes) break;
      for (const step of run.steps) {
        const start = step.block.offset - run.first.block.offset;
        const parts = await sentParts(step, bytes.subarray(start, start + step.block.storedBytes), source);
        const full = piece.add(parts);
        if (full) yield full;
      }
    }
    const last = piece.take();
    if (last) yield last;
  } finally {
    // Files are closed only when nobody reads them any more.
    await Promise.allSettled(ahead);
  }
}

async function sentParts(step: LoadStep, stored: Uint8Array, source: BlockSource): Promise<Uint8Array[]> {
  const { ranks } = step;
  if (ranks) {
    const raw = await source.unpack(step, stored);
    return ranks.map((rank) => raw.subarray(rank * PAGE_BYTES, (rank + 1) * PAGE_BYTES));
  }
  await source.check(step, stored);
  return [stored];
}

/** Blocks that are sent together. */
class Piece {
  private parts: Uint8Array[] = [];
  private lengthBytes = 0;

  /** @returns the piece before, when this block does not fit into it any more */
  add(parts: readonly Uint8Array[]): Uint8Array | null {
    const blockBytes = parts.reduce((sum, part) => sum + part.byteLength, 0);
    const full = this.lengthBytes + blockBytes > STATE_PIECE_BYTES ? this.take() : null;
    this.parts.push(...parts);
    this.lengthBytes += blockBytes;
    return full;
  }

  /** Null when there is none. */
  take(): Uint8Array | null {
    if (this.lengthBytes === 0) return null;
    const bytes = new Uint8Array(this.lengthBytes);
    let at = 0;
    for (const part of this.parts) {
      bytes.set(part, at);
      at += part.byteLength;
    }
    this.parts = [];
    this.lengthBytes = 0;
    return bytes;
  }
}

interface Run {
  readonly pack: number;
  readonly first: LoadStep;
  readonly steps: LoadStep[];
}

/** Blocks that follow each other in the plan and on disk, as one read each. */
function neighbours(steps: readonly LoadStep[]): Run[] {
  const runs: Run[] = [];
  for (const step of steps) {
    const run = runs.at(-1);
    const last = run?.steps.at(-1);
    const isNext =
      run?.pack === step.pack &&
      last !== undefined &&
      last.block.offset + last.block.storedBytes === step.block.offset &&
      step.block.offset + step.block.storedBytes - run.first.block.offset <= STATE_PIECE_BYTES;
    if (run && isNext) run.steps.push(step);
    else runs.push({ pack: step.pack, first: step, steps: [step] });
  }
  return runs;
}
