import { PAGE_BYTES, type PlannedBlock, type StatePlan } from '../shared/bulk/state-plan.ts';
import { damagedState } from './damaged-state.ts';
import { takeFileLists } from './file-system-state.ts';
import { FrontPages } from './front-pages.ts';
import { ListReader } from './list-text.ts';
import { cutBlocks, unpackBlock, type SentBlock } from './state-blocks.ts';
import { HEADER_BYTES, type Metadata } from './state-codec.ts';
import {
  bufferPlace,
  decodeState,
  metadataEnd,
  openState,
  parseMetadata,
  type DecodedState,
  type MemoryOf,
  type OpenedState,
} from './state-decoder.ts';
import { flatListBuffer } from './state-tree.ts';
import { takeWrittenFiles, type WrittenFile } from './written-files.ts';
import type { ZstdDecoder } from './zstd-decoder.ts';

/** Zeros are given out in arrays of this size at most. */
const ZEROS = new Uint8Array(256 * PAGE_BYTES);

/** A state whose memory is in the machine, and the files that were written in it are still as they came. */
export interface LoadedState extends DecodedState {
  /** They are not in the tree. Their blocks were compared with their hashes. */
  readonly writtenFiles: readonly WrittenFile[];
  /** Nor are these, where they are texts of their own. */
  readonly fileLists: FileLists | null;
}

/** The lists of a machine's files, still to be read. */
export interface FileLists {
  readonly inodes: ListReader;
  readonly fids: ListReader;
}

/**
 * Loads a state as its plan says: memory pages go from their blocks straight into the guest's memory; the devices are read
 * once all of it has come; files that were written are left compressed until somebody wants them.
 * @param pieces whole blocks, in the plan's order
 * @throws FailureError `damaged`
 */
export async function loadPlannedState(
  plan: StatePlan,
  pieces: AsyncIterable<Uint8Array>,
  decoder: ZstdDecoder,
  memoryOf: MemoryOf,
): Promise<LoadedState> {
  if (plan.frontBytes === 0) {
    return { ...(await decodeState(allBytes(plan, pieces, decoder), memoryOf)), writtenFiles: [], fileLists: null };
  }
  const loading = new Loading(plan, decoder, memoryOf);
  for await (const blocks of cutBlocks(plan, pieces)) {
    for (const block of blocks) loading.take(block);
    await loading.openIfReady();
  }
  return loading.finish();
}

class Loading {
  private readonly plan: StatePlan;
  private readonly decoder: ZstdDecoder;
  private readonly memoryOf: MemoryOf;
  private readonly front: FrontPages;
  private readonly frontPages: number;
  private metadata: Metadata | null = null;
  private opened: OpenedState | null = null;
  /** Memory that came before it was known where it goes. */
  private early: SentBlock[] = [];

  constructor(plan: StatePlan, decoder: ZstdDecoder, memoryOf: MemoryOf) {
    this.plan = plan;
    this.decoder = decoder;
    this.memoryOf = memoryOf;
    this.front = new FrontPages(plan, decoder);
    this.frontPages = plan.frontBytes / PAGE_BYTES;
  }

  take(sent: SentBlock): void {
    const { uses } = sent.block;
    if (uses.some(({ page }) => page < this.frontPages)) this.front.put(sent.index, sent.stored);
    if (!uses.some(({ page }) => page >= this.frontPages)) return;
    if (this.opened) this.place(this.opened, sent);
    else this.early.push(sent);
  }

  async openIfReady(): Promise<void> {
    if (this.opened) return;
    this.metadata ??= this.readMetadata();
    if (!this.metadata) return;
    if (this.metadata.memory) {
      const { startBytes, endBytes } = bufferPlace(this.metadata, this.metadata.memory.bitmap);
      if (!this.front.has(startBytes, endBytes)) return;
    }
    const opened = await openState(this.metadata, this.front, this.memoryOf);
    if (opened.frontBytes !== this.plan.frontBytes) throw damagedState('its front has another length');
    for (const sent of this.early.splice(0)) this.place(opened, sent);
    this.opened = opened;
  }

  async finish(): Promise<LoadedState> {
    await this.openIfReady();
    const { opened, metadata, front } = this;
    if (!opened || !metadata) throw damagedState('it ends before its device data');
    const pages = (this.plan.sizeBytes - this.plan.frontBytes) / PAGE_BYTES;
    if ((opened.placer?.pageCount ?? 0) !== pages) throw damagedState('its page map and its size disagree');
    const writtenFiles = takeWrittenFiles(metadata, front);
    const fileLists =
      metadata.content === 'full' ? takeFileLists(metadata.tree, (list) => this.listReader(list)) : null;
    return { ...opened.decode(), writtenFiles, fileLists };
  }

  private listReader(list: unknown): ListReader | null {
    const buffer = flatListBuffer(list);
    if (buffer === null || !this.metadata) return null;
    const { startBytes, endBytes } = bufferPlace(this.metadata, buffer);
    return new ListReader(this.front.read(startBytes, endBytes));
  }

  /** Null as long as not all of it is there. */
  private readMetadata(): Metadata | null {
    if (!this.front.has(0, HEADER_BYTES)) return null;
    const endBytes = metadataEnd(this.front.read(0, HEADER_BYTES));
    if (endBytes === null || endBytes > this.front.lengthBytes) throw damagedState('its metadata is cut off');
    return this.front.has(0, endBytes) ? parseMetadata(this.front.read(0, endBytes)) : null;
  }

  private place({ placer }: OpenedState, { block, stored }: SentBlock): void {
    if (!placer) throw damagedState('it has memory without a page map');
    unpackBlock(block, stored, this.decoder, (raw) => {
      eachRun(block, raw, (page, bytes) => {
        const before = Math.max(0, this.frontPages - page) * PAGE_BYTES;
        if (before < bytes.byteLength) {
          placer.place(Math.max(page, this.frontPages) - this.frontPages, bytes.subarray(before));
        }
      });
    });
  }
}

/** All of a state's bytes in their order, for a state of which it is not known where its memory begins. */
async function* allBytes(
  plan: StatePlan,
  pieces: AsyncIterable<Uint8Array>,
  decoder: ZstdDecoder,
): AsyncGenerator<Uint8Array> {
  let at = 0;
  for await (const blocks of cutBlocks(plan, pieces)) {
    for (const { block, stored } of blocks) {
      const runs: { startBytes: number; bytes: Uint8Array }[] = [];
      unpackBlock(block, stored, decoder, (raw) => {
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
