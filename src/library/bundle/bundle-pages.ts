import { createHash } from 'node:crypto';
import { PAGE_BYTES } from '../../shared/bulk/state-plan.ts';
import type { StatePages } from '../state-store.ts';
import { BLOCK_PAGES, HASH_BYTES, SECTION_WORDS } from './bundle-format.ts';
import type { BundleContents, ReadState } from './read-bundle.ts';
import type { SectionPlace, SectionReader } from './section-reader.ts';

/** Unpacked blocks that are kept, 16 MiB: pages that follow each other in a state are mostly in one block. */
const BLOCKS_KEPT = 64;

/** Where a lent page is. */
export interface Lender {
  readonly pages: StatePages;
  readonly page: number;
}

/** The pages of a bundle by their number, in any order. */
export class BundlePages {
  private readonly reader: SectionReader;
  private readonly states: readonly ReadState[];
  private readonly lenders: ReadonlyMap<number, Lender>;
  private readonly unpacked = new Map<SectionPlace, Uint8Array>();

  constructor(reader: SectionReader, { states }: BundleContents, lenders: ReadonlyMap<number, Lender>) {
    this.reader = reader;
    this.states = states;
    this.lenders = lenders;
  }

  /** SHA-256 of a page, as 32 bytes of `bytes` from `offset`. */
  hash(number: number): { bytes: Uint8Array; offset: number } {
    const { hashes, firstNumber } = this.stateOf(number);
    return { bytes: hashes, offset: (number - firstNumber) * HASH_BYTES };
  }

  /** @throws FailureError `damaged` when the file or what lends the page has changed since it was checked */
  async read(number: number): Promise<Uint8Array> {
    const owner = this.stateOf(number);
    const lender = this.lenders.get(number);
    const page = lender ? await lender.pages.read(lender.page) : await this.ownPage(owner, number - owner.firstNumber);
    const { bytes, offset } = this.hash(number);
    if (
      createHash('sha256')
        .update(page)
        .digest()
        .compare(bytes, offset, offset + HASH_BYTES) !== 0
    ) {
      throw this.reader.damaged(lender ? SECTION_WORDS.LENT : SECTION_WORDS.PAGE);
    }
    return page;
  }

  private async ownPage({ blocks }: ReadState, index: number): Promise<Uint8Array> {
    const place = blocks[Math.floor(index / BLOCK_PAGES)];
    if (place === undefined) throw this.reader.damaged(SECTION_WORDS.PAGE);
    const at = (index % BLOCK_PAGES) * PAGE_BYTES;
    return (await this.block(place)).subarray(at, at + PAGE_BYTES);
  }

  private async block(place: SectionPlace): Promise<Uint8Array> {
    const kept = this.unpacked.get(place);
    // The one that was used longest ago is first.
    this.unpacked.delete(place);
    const block = kept ?? (await this.reader.again(place, 'PAGE'));
    this.unpacked.set(place, block);
    const [oldest] = this.unpacked.keys();
    if (oldest !== undefined && this.unpacked.size > BLOCKS_KEPT) this.unpacked.delete(oldest);
    return block;
  }

  /** The state that is the first to have a page. */
  private stateOf(number: number): ReadState {
    let low = 0;
    let high = this.states.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      // States without new pages begin at the same number as the next one, which is then the one that is found.
      if ((this.states[middle]?.firstNumber ?? 0) <= number) low = middle;
      else high = middle - 1;
    }
    const state = this.states[low];
    if (state === undefined) throw this.reader.damaged(SECTION_WORDS.RUNS);
    return state;
  }
}
