import { createHash } from 'node:crypto';
import { PAGE_BYTES, type BlockCodec } from '../../shared/bulk/state-plan.ts';
import { FailureError } from '../../shared/result.ts';

/*
 * How a pack lies in its file: header, blocks, tables, footer (docs/formats/library.md). Nothing here reads or writes
 * files.
 */

/** Pages that are compressed together: enough for zstd to find repetition, few to read for one page. */
export const BLOCK_PAGES = 16;
export const BLOCK_BYTES = BLOCK_PAGES * PAGE_BYTES;
/** A rewrite moves at most 64 MiB; and a page's number fits beside that of its pack in 32 bits. */
export const PACK_PAGES_MAX = 16_384;
export const PACK_BLOCKS_MAX = PACK_PAGES_MAX / BLOCK_PAGES;
export const HASH_BYTES = 32;

const MAGIC = 'TERRPACK';
const END_MAGIC = 'TERRPEND';
const VERSION = 1;
export const PACK_HEADER_BYTES = 32;
export const PACK_FOOTER_BYTES = 64;
const FOOTER_HASHED_BYTES = 32;
const BLOCK_ROW_BYTES = 48;
const CODECS: readonly BlockCodec[] = ['stored', 'zstd'];
/** What a block of raw pages may take as it is stored: zstd of what does not compress is a little longer, and not used. */
const STORED_MAX_BYTES = BLOCK_BYTES;

/** A block as it lies in a pack. */
export interface PackBlock {
  readonly offset: number;
  readonly storedBytes: number;
  /** When decompressed; 0 for one that was dropped. */
  readonly rawBytes: number;
  readonly codec: BlockCodec;
  /** Of the stored bytes. */
  readonly sha256: Uint8Array;
}

export function encodePackHeader(id: string, generation: number): Uint8Array {
  const header = new Uint8Array(PACK_HEADER_BYTES);
  header.set(Buffer.from(MAGIC, 'latin1'));
  const view = new DataView(header.buffer);
  view.setUint32(8, VERSION, true);
  view.setUint32(12, generation, true);
  header.set(Buffer.from(id, 'hex'), 16);
  return header;
}

/** Tables and footer, which follow the last block. */
export function encodePackEnd(header: Uint8Array, blocks: readonly PackBlock[], hashes: Uint8Array): Uint8Array {
  const last = blocks.findLast(({ storedBytes }) => storedBytes > 0);
  const tablesOffset = last ? last.offset + last.storedBytes : PACK_HEADER_BYTES;
  const tablesBytes = blocks.length * BLOCK_ROW_BYTES + hashes.byteLength;
  const end = new Uint8Array(tablesBytes + PACK_FOOTER_BYTES);
  const view = new DataView(end.buffer);
  for (const [index, block] of blocks.entries()) {
    const at = index * BLOCK_ROW_BYTES;
    view.setUint32(at, block.offset, true);
    view.setUint32(at + 4, block.storedBytes, true);
    view.setUint32(at + 8, block.rawBytes, true);
    view.setUint32(at + 12, CODECS.indexOf(block.codec), true);
    end.set(block.sha256, at + 16);
  }
  end.set(hashes, blocks.length * BLOCK_ROW_BYTES);
  end.set(Buffer.from(END_MAGIC, 'latin1'), tablesBytes);
  view.setUint32(tablesBytes + 8, VERSION, true);
  view.setUint32(tablesBytes + 12, blocks.length, true);
  view.setUint32(tablesBytes + 16, hashes.byteLength / HASH_BYTES, true);
  view.setUint32(tablesBytes + 20, tablesOffset, true);
  const hash = createHash('sha256')
    .update(header)
    .update(end.subarray(0, tablesBytes + FOOTER_HASHED_BYTES));
  end.set(hash.digest(), tablesBytes + FOOTER_HASHED_BYTES);
  return end;
}

/** Where the tables of a pack are. @throws FailureError `damaged` */
export function parsePackFooter(footer: Uint8Array, fileBytes: number): { tablesOffset: number; tablesBytes: number } {
  const view = new DataView(footer.buffer, footer.byteOffset, PACK_FOOTER_BYTES);
  if (Buffer.from(footer.subarray(0, 8)).toString('latin1') !== END_MAGIC) throw broken('it does not end like a pack');
  if (view.getUint32(8, true) !== VERSION) throw newer(view.getUint32(8, true));
  const blockCount = view.getUint32(12, true);
  const pageCount = view.getUint32(16, true);
  const tablesOffset = view.getUint32(20, true);
  const tablesBytes = blockCount * BLOCK_ROW_BYTES + pageCount * HASH_BYTES;
  const isPossible = pageCount <= PACK_PAGES_MAX && blockCount === Math.ceil(pageCount / BLOCK_PAGES);
  if (!isPossible || tablesOffset + tablesBytes + PACK_FOOTER_BYTES !== fileBytes) throw broken('its size is wrong');
  return { tablesOffset, tablesBytes };
}

/** A pack's tables, checked. Its pages and blocks are looked at where they lie. */
export class PackTables {
  readonly id: string;
  readonly generation: number;
  readonly blockCount: number;
  readonly pageCount: number;
  /** Of the whole file. */
  readonly fileBytes: number;
  private readonly bytes: Uint8Array;
  private readonly view: DataView;

  /** @param end tables and footer. @throws FailureError `damaged`, `unsupported` */
  constructor(header: Uint8Array, end: Uint8Array, fileBytes: number) {
    const { tablesOffset, tablesBytes } = parsePackFooter(end.subarray(end.byteLength - PACK_FOOTER_BYTES), fileBytes);
    if (end.byteLength !== tablesBytes + PACK_FOOTER_BYTES) throw broken('its tables have the wrong size');
    const hash = createHash('sha256')
      .update(header)
      .update(end.subarray(0, tablesBytes + FOOTER_HASHED_BYTES))
      .digest();
    if (hash.compare(end, tablesBytes + FOOTER_HASHED_BYTES, end.byteLength) !== 0) {
      throw broken('its tables do not match their checksum');
    }
    const head = new DataView(header.buffer, header.byteOffset, PACK_HEADER_BYTES);
    if (Buffer.from(header.subarray(0, 8)).toString('latin1') !== MAGIC) throw broken('it does not begin like a pack');
    if (head.getUint32(8, true) !== VERSION) throw newer(head.getUint32(8, true));
    this.generation = head.getUint32(12, true);
    this.id = Buffer.from(header.subarray(16, 32)).toString('hex');
    this.bytes = end;
    this.view = new DataView(end.buffer, end.byteOffset, end.byteLength);
    this.blockCount = this.view.getUint32(tablesBytes + 12, true);
    this.pageCount = this.view.getUint32(tablesBytes + 16, true);
    this.fileBytes = fileBytes;
    this.check(tablesOffset);
  }

  block(index: number): PackBlock {
    const at = index * BLOCK_ROW_BYTES;
    const codec = CODECS[this.view.getUint32(at + 12, true)];
    if (codec === undefined) throw broken('a block has an unknown codec');
    return {
      offset: this.view.getUint32(at, true),
      storedBytes: this.view.getUint32(at + 4, true),
      rawBytes: this.view.getUint32(at + 8, true),
      codec,
      sha256: this.bytes.subarray(at + 16, at + BLOCK_ROW_BYTES),
    };
  }

  storedBytes(block: number): number {
    return this.view.getUint32(block * BLOCK_ROW_BYTES + 4, true);
  }

  /** SHA-256 of a page; all zero for one that was dropped. */
  hash(page: number): Uint8Array {
    const at = this.blockCount * BLOCK_ROW_BYTES + page * HASH_BYTES;
    return this.bytes.subarray(at, at + HASH_BYTES);
  }

  /** Whether a page's hash is the one that begins at an offset of some bytes. */
  hasHash(page: number, bytes: Uint8Array, offset: number): boolean {
    const at = this.blockCount * BLOCK_ROW_BYTES + page * HASH_BYTES;
    for (let index = 0; index < HASH_BYTES; index += 1) {
      if (this.bytes[at + index] !== bytes[offset + index]) return false;
    }
    return true;
  }

  /** First four bytes of a page's hash, as a number. */
  hashStart(page: number): number {
    return this.view.getUint32(this.blockCount * BLOCK_ROW_BYTES + page * HASH_BYTES, true);
  }

  isDropped(page: number): boolean {
    const at = this.blockCount * BLOCK_ROW_BYTES + page * HASH_BYTES;
    for (let index = 0; index < HASH_BYTES; index += 1) if (this.bytes[at + index] !== 0) return false;
    return true;
  }

  /** Pages of a block that are there. */
  livePages(block: number): number {
    return this.view.getUint32(block * BLOCK_ROW_BYTES + 8, true) / PAGE_BYTES;
  }

  /** The how-manieth of its block's pages a page is. */
  rank(page: number): number {
    const first = page - (page % BLOCK_PAGES);
    // All of it is there: no need to count.
    if (this.livePages((page / BLOCK_PAGES) | 0) === Math.min(BLOCK_PAGES, this.pageCount - first)) return page - first;
    let rank = 0;
    for (let before = first; before < page; before += 1) if (!this.isDropped(before)) rank += 1;
    return rank;
  }

  private check(tablesOffset: number): void {
    let end = PACK_HEADER_BYTES;
    for (let index = 0; index < this.blockCount; index += 1) {
      const { offset, storedBytes, rawBytes } = this.block(index);
      let live = 0;
      const stop = Math.min((index + 1) * BLOCK_PAGES, this.pageCount);
      for (let page = index * BLOCK_PAGES; page < stop; page += 1) if (!this.isDropped(page)) live += 1;
      if (rawBytes !== live * PAGE_BYTES || storedBytes > STORED_MAX_BYTES || (storedBytes === 0) !== (live === 0)) {
        throw broken('a block has an impossible size');
      }
      if (storedBytes === 0) continue;
      if (offset !== end) throw broken('its blocks do not lie one after another');
      end = offset + storedBytes;
    }
    if (end !== tablesOffset) throw broken('its blocks do not end at its tables');
  }
}

function broken(why: string): FailureError {
  return new FailureError('damaged', `A pack of the library is damaged on disk (${why}).`);
}

function newer(version: number): FailureError {
  return new FailureError(
    'unsupported',
    `A pack of the library has format ${version}; this Terrarium reads format ${VERSION}. Use the newer Terrarium that wrote it.`,
  );
}
