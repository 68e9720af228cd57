import { createHash } from 'node:crypto';
import { PAGE_BYTES } from '../../shared/bulk/state-plan.ts';
import {
  BLOCK_PAGES,
  encodePackEnd,
  encodePackHeader,
  HASH_BYTES,
  PACK_FOOTER_BYTES,
  PACK_HEADER_BYTES,
  PackTables,
  parsePackFooter,
  type PackBlock,
} from './pack-format.ts';

/** Ids of packs by small numbers. */
export function packId(number: number): string {
  return number.toString(16).padStart(32, '0');
}

export function hashOf(page: number): Uint8Array {
  return createHash('sha256').update(`page ${page}`).digest();
}

/** A pack's file whose pages have the hashes of numbers; null for a page that was dropped. Blocks hold nothing of use. */
export function packFileOf(id: string, pages: readonly (number | null)[], generation = 0): Buffer {
  const header = encodePackHeader(id, generation);
  const blocks: PackBlock[] = [];
  const stored: Buffer[] = [];
  let offset = PACK_HEADER_BYTES;
  for (let first = 0; first < pages.length; first += BLOCK_PAGES) {
    const live = pages.slice(first, first + BLOCK_PAGES).filter((page) => page !== null);
    // A tenth of what is in them, as of well compressible pages.
    const bytes = Buffer.alloc(live.length * 400, first);
    const sha256 = live.length > 0 ? createHash('sha256').update(bytes).digest() : new Uint8Array(HASH_BYTES);
    const rawBytes = live.length * PAGE_BYTES;
    const codec = live.length > 0 ? 'zstd' : 'stored';
    const at = live.length > 0 ? offset : 0;
    blocks.push({ offset: at, storedBytes: bytes.byteLength, rawBytes, codec, sha256 });
    stored.push(bytes);
    offset += bytes.byteLength;
  }
  const hashes = Buffer.concat(pages.map((page) => (page === null ? Buffer.alloc(HASH_BYTES) : hashOf(page))));
  return Buffer.concat([header, ...stored, encodePackEnd(header, blocks, hashes)]);
}

/** As a reader does. @throws FailureError `damaged`, `unsupported` */
export function tablesOfFile(file: Buffer): PackTables {
  const footer = file.subarray(file.byteLength - PACK_FOOTER_BYTES);
  const { tablesOffset } = parsePackFooter(footer, file.byteLength);
  return new PackTables(file.subarray(0, PACK_HEADER_BYTES), file.subarray(tablesOffset), file.byteLength);
}

export function tablesOf(id: string, pages: readonly (number | null)[]): PackTables {
  return tablesOfFile(packFileOf(id, pages));
}
