import { PAGE_BYTES, type PlannedBlock, type StatePlan } from '../shared/bulk/state-plan.ts';
import { damagedState } from './damaged-state.ts';
import { checkedBlocks } from './state-blocks.ts';
import { decodeState, openState, type DecodedState, type MemoryOf, type OpenedState } from './state-decoder.ts';
import type { ZstdDecoder } from './zstd-decoder.ts';

/** Zeros are given out in arrays of this size at most. */
const ZEROS = new Uint8Array(256 * PAGE_BYTES);

/**
 * Loads a state as its plan says: pages go from their blocks straight into the guest's memory, those before it into one
 * buffer, from which the devices are read as soon as it is whole.
 * @param pieces whole blocks, in the plan's order
 * @throws FailureError `damaged`
 */
export async function loadPlannedState(
  plan: StatePlan,
  pieces: AsyncIterable<Uint8Array>,
  decoder: ZstdDecoder,
  memoryOf: MemoryOf,
): Promise<DecodedState> {
  if (plan.frontBytes === 0) return decodeState(allBytes(plan, pieces, decoder), memoryOf);
  const loading = new Loading(plan, memoryOf);
  for await (const blocks of checkedBlocks(plan, pieces)) {
    for (const { block, stored } of blocks) {
      readBlock(block, stored, decoder, (raw) => eachRun(block, raw, (page, bytes) => loading.take(page, bytes)));
      await loading.openIfReady();
    }
  }
  return loading.finish();
}

class Loading {
  private readonly plan: StatePlan;
  private readonly memoryOf: MemoryOf;
  private readonly front: Uint8Array;
  private readonly frontPages: number;
  /** Places in the front that are still to be filled. */
  private missing: number;
  private opened: OpenedState | null = null;
  /** Memory that came in blocks of the front. */
  private readonly early: { readonly page: number; readonly bytes: Uint8Array }[] = [];

  constructor(plan: StatePlan, memoryOf: MemoryOf) {
    if (plan.frontBytes % PAGE_BYTES !== 0) throw damagedState('its front is not whole pages');
    this.plan = plan;
    this.memoryOf = memoryOf;
    this.front = new Uint8Array(plan.frontBytes);
    this.frontPages = plan.frontBytes / PAGE_BYTES;
    const isFront = ({ page }: { page: number }): boolean => page < this.frontPages;
    this.missing = plan.blocks.reduce((sum, { uses }) => sum + uses.filter(isFront).length, 0);
  }

  /** Neighbouring pages of the state. */
  take(page: number, bytes: Uint8Array): void {
    const frontBytes = Math.min(bytes.byteLength, Math.max(0, this.frontPages - page) * PAGE_BYTES);
    if (frontBytes > 0) {
      this.front.set(bytes.subarray(0, frontBytes), page * PAGE_BYTES);
      this.missing -= Math.ceil(frontBytes / PAGE_BYTES);
    }
    if (frontBytes === bytes.byteLength) return;
    const memory = { page: page + frontBytes / PAGE_BYTES, bytes: bytes.subarray(frontBytes) };
    if (this.opened) this.place(memory.page, memory.bytes);
    else this.early.push({ ...memory, bytes: memory.bytes.slice() });
  }

  async openIfReady(): Promise<void> {
    if (this.opened || this.missing > 0) return;
    this.opened = await openState(this.front, this.memoryOf);
    for (const { page, bytes } of this.early.splice(0)) this.place(page, bytes);
  }

  async finish(): Promise<DecodedState> {
    await this.openIfReady();
    const { opened } = this;
    if (!opened) throw damagedState('it ends before its device data');
    const pages = (this.plan.sizeBytes - this.plan.frontBytes) / PAGE_BYTES;
    if ((opened.placer?.pageCount ?? 0) !== pages) throw damagedState('its page map and its size disagree');
    return { content: opened.content, tree: opened.tree, consoles: opened.consoles };
  }

  private place(page: number, bytes: Uint8Array): void {
    if (!this.opened?.placer) throw damagedState('it has memory without a page map');
    this.opened.placer.place(page - this.frontPages, bytes);
  }
}

/** All of a state's bytes in their order, for a state of which it is not known where its memory begins. */
async function* allBytes(
  plan: StatePlan,
  pieces: AsyncIterable<Uint8Array>,
  decoder: ZstdDecoder,
): AsyncGenerator<Uint8Array> {
  let at = 0;
  for await (const blocks of checkedBlocks(plan, pieces)) {
    for (const { block, stored } of blocks) {
      const runs: { startBytes: number; bytes: Uint8Array }[] = [];
      readBlock(block, stored, decoder, (raw) => {
        eachRun(block, raw, (page, bytes) => runs.push({ startBytes: page * PAGE_BYTES, bytes: bytes.slice() }));
      });
      for (const { startBytes, bytes } of runs) {
        if (startBytes < at) throw damagedState('its pages are out of order');
        yield* zeros(startBytes - at);
        // The last page of a block is whole; the state may end before it does.
        yield bytes.subarray(0, plan.sizeBytes - startBytes);
        at = Math.min(startBytes + bytes.byteLength, plan.sizeBytes);
      }
    }
  }
  yield* zeros(plan.sizeBytes - at);
}

function* zeros(count: number): Generator<Uint8Array> {
  for (let left = count; left > 0; left -= ZEROS.byteLength) yield ZEROS.subarray(0, left);
}

/** @param use is given the block's bytes, valid until it returns */
function readBlock(
  block: PlannedBlock,
  stored: Uint8Array,
  decoder: ZstdDecoder,
  use: (raw: Uint8Array) => void,
): void {
  if (block.codec === 'zstd') decoder.decode(stored, block.rawBytes, use);
  else if (stored.byteLength === block.rawBytes) use(stored);
  else throw damagedState('a block of it has another length than its plan says');
}

/** The pages wanted of a block, neighbours in both together: fewer, larger copies. */
function eachRun(block: PlannedBlock, raw: Uint8Array, take: (page: number, bytes: Uint8Array) => void): void {
  let run: { rank: number; page: number; count: number } | null = null;
  const give = (): void => {
    if (run) take(run.page, raw.subarray(run.rank * PAGE_BYTES, (run.rank + run.count) * PAGE_BYTES));
  };
  for (const { rank, page } of block.uses) {
    if (run && rank === run.rank + run.count && page === run.page + run.count) run.count += 1;
    else {
      give();
      run = { rank, page, count: 1 };
    }
  }
  give();
}
