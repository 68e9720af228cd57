import { PAGE_BYTES, type StatePlan } from '../shared/bulk/state-plan.ts';
import { damagedState } from './damaged-state.ts';
import { unpackBlock } from './state-blocks.ts';
import type { ZstdDecoder } from './zstd-decoder.ts';

/** No block has this page: it is zero. */
const NO_BLOCK = -1;

/**
 * The front of a state, whose blocks arrive one by one and stay compressed: what is read of it is decompressed then. Of a
 * machine's files most are not looked at for a long time.
 */
export class FrontPages {
  private readonly plan: StatePlan;
  private readonly decoder: ZstdDecoder;
  /** Which block has each page, and at which place of it. */
  private readonly blockOf: Int32Array;
  private readonly rankOf: Uint8Array;
  private readonly stored = new Map<number, Uint8Array>();
  /** The block that was read last: buffers that follow one another lie in the same. */
  private last: { readonly block: number; readonly raw: Uint8Array } | null = null;

  constructor(plan: StatePlan, decoder: ZstdDecoder) {
    if (plan.frontBytes % PAGE_BYTES !== 0) throw damagedState('its front is not whole pages');
    this.plan = plan;
    this.decoder = decoder;
    const pages = plan.frontBytes / PAGE_BYTES;
    this.blockOf = new Int32Array(pages).fill(NO_BLOCK);
    this.rankOf = new Uint8Array(pages);
    for (const [index, { uses }] of plan.blocks.entries()) {
      for (const { page, rank } of uses) {
        if (page >= pages) continue;
        this.blockOf[page] = index;
        this.rankOf[page] = rank;
      }
    }
  }

  get lengthBytes(): number {
    return this.plan.frontBytes;
  }

  /** Keeps a block of the front as it arrived. */
  put(index: number, stored: Uint8Array): void {
    this.stored.set(index, stored);
  }

  /** Whether all of these bytes have arrived. */
  has(startBytes: number, endBytes: number): boolean {
    for (let page = Math.floor(startBytes / PAGE_BYTES); page * PAGE_BYTES < endBytes; page += 1) {
      const block = this.blockOf[page];
      if (block !== undefined && block !== NO_BLOCK && !this.stored.has(block)) return false;
    }
    return true;
  }

  /** A copy of bytes that have arrived. @throws FailureError `damaged` */
  read(startBytes: number, endBytes: number): Uint8Array {
    const bytes = new Uint8Array(endBytes - startBytes);
    for (let at = startBytes; at < endBytes;) {
      const end = Math.min(this.endOfRun(at), endBytes);
      this.copyRun(at, end, bytes.subarray(at - startBytes, end - startBytes));
      at = end;
    }
    return bytes;
  }

  /** How far the bytes of the same block, one after another there, too, go on. */
  private endOfRun(startBytes: number): number {
    const first = Math.floor(startBytes / PAGE_BYTES);
    const block = this.blockOf[first];
    let next = first + 1;
    while (
      this.blockOf[next] === block &&
      (block === NO_BLOCK || this.rankOf[next] === (this.rankOf[first] ?? 0) + next - first)
    )
      next += 1;
    return next * PAGE_BYTES;
  }

  private copyRun(startBytes: number, endBytes: number, into: Uint8Array): void {
    const page = Math.floor(startBytes / PAGE_BYTES);
    const index = this.blockOf[page] ?? NO_BLOCK;
    if (index === NO_BLOCK) return;
    const from = (this.rankOf[page] ?? 0) * PAGE_BYTES + (startBytes % PAGE_BYTES);
    into.set(this.rawOf(index).subarray(from, from + endBytes - startBytes));
  }

  private rawOf(index: number): Uint8Array {
    if (this.last?.block === index) return this.last.raw;
    const block = this.plan.blocks[index];
    const stored = this.stored.get(index);
    if (!block || !stored) throw damagedState('a part of it is read before it came');
    this.last = { block: index, raw: unpackBlock(block, stored, this.decoder, (raw) => raw.slice()) };
    return this.last.raw;
  }
}
