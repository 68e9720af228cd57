import { createHash } from 'node:crypto';
import { STATE_PIECE_BYTES } from '../shared/bulk/resources.ts';
import { PAGE_BYTES } from '../shared/bulk/state-plan.ts';

/** Numbers that are the same in every run, so that a failure can be repeated (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const madePages = new Map<number, Uint8Array>();

/** The page of a number: always the same, and half of it does not compress. 0 is the page of zeros. */
export function pageOf(number: number): Uint8Array {
  const page = madePages.get(number) ?? makePage(number);
  madePages.set(number, page);
  return page;
}

function makePage(number: number): Uint8Array {
  const page = new Uint8Array(PAGE_BYTES);
  if (number === 0) return page;
  let hash = createHash('sha256').update(`page ${number}`).digest();
  for (let at = 0; at < PAGE_BYTES / 2; at += hash.byteLength) {
    page.set(hash, at);
    hash = createHash('sha256').update(hash).digest();
  }
  return page;
}

export function bytesOf(pages: readonly number[]): Buffer {
  return Buffer.concat(pages.map(pageOf));
}

export function piecesOf(bytes: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.byteLength; at += STATE_PIECE_BYTES) {
    pieces.push(bytes.subarray(at, Math.min(at + STATE_PIECE_BYTES, bytes.byteLength)));
  }
  return pieces;
}

/** Pages of consecutive numbers. */
export function pagesFrom(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}

/** Of eight seeds that follow each other the states share most pages, of others none. */
const SEEDS_ALIKE = 8;
const PAGES_OF_A_SEED = 300;

/** Which pages the state of a seed has. */
export function pagesOfSeed(seed: number): number[] {
  const random = seeded(seed);
  const common = 1 + 1000 * Math.floor(seed / SEEDS_ALIKE);
  return pagesFrom(0, PAGES_OF_A_SEED).map((index) => {
    const choice = random();
    if (choice < 0.1) return 0;
    return choice < 0.3 ? 1_000_000_000 + 1000 * seed + index : common + index;
  });
}
