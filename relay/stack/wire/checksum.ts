import { addressSum, type IpAddress } from './address.ts';

/**
 * The internet checksum (RFC 1071). A partial sum is a plain number; add partial sums, then fold once. All parts but
 * the last must have an even length.
 */

/** From here on it pays to look at the bytes four at a time through a view of their whole buffer. */
const WORDS_FROM_BYTES = 128;
/** How many 32-bit words may be added, split in halves, before 32 bits overflow: 2^15 halves of at most 0xffff. */
const WORDS_PER_BLOCK = 1 << 14;
/** Whether 32-bit views read the low byte first; the sum of swapped words is the swapped sum (RFC 1071, 2 (B)). */
const IS_LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/**
 * The sum of the 16-bit words of `length` bytes, a last odd byte counting as a word's high half.
 * @returns Folded to 16 bits, so that callers may add many.
 */
export function sum(bytes: Uint8Array, at: number, length: number, initial = 0): number {
  if (length >= WORDS_FROM_BYTES) return fold(initial + sumWords(bytes, at, length));
  return fold(initial + sumBytes(bytes, at, length));
}

/** What belongs into the checksum field for such a sum. Over data with a right checksum in it, this gives 0. */
export function foldChecksum(partialSum: number): number {
  return ~fold(partialSum) & 0xffff;
}

/** RFC 9293 3.1 and RFC 8200 8.1: both addresses, the protocol and the upper layer's length. */
export function pseudoHeaderSum(src: IpAddress, dst: IpAddress, protocol: number, length: number): number {
  return addressSum(src) + addressSum(dst) + protocol + (length >>> 16) + (length & 0xffff);
}

function fold(partialSum: number): number {
  let folded = partialSum;
  // Partial sums are exact below 2^53; only such as exceed 32 bits need arithmetic that is not on 32-bit integers.
  while (folded > 0xffffffff) folded = (folded % 0x10000) + Math.floor(folded / 0x10000);
  folded = (folded >>> 16) + (folded & 0xffff);
  return (folded >>> 16) + (folded & 0xffff);
}

/** Needs fewer than 2^16 words. */
function sumBytes(bytes: Uint8Array, at: number, length: number): number {
  const end = at + (length & ~1);
  let total = 0;
  for (let i = at; i < end; i += 2) total += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0);
  if ((length & 1) === 1) total += (bytes[end] ?? 0) << 8;
  return total;
}

function swap(word: number): number {
  return ((word & 0xff) << 8) | (word >>> 8);
}

/** Sums single bytes up to a 4-byte boundary of the buffer, then 32-bit words, then what is left. */
function sumWords(bytes: Uint8Array, at: number, length: number): number {
  const start = bytes.byteOffset + at;
  const leadBytes = -start & 3;
  const wordCount = (length - leadBytes) >>> 2;
  const words = new Uint32Array(bytes.buffer, start + leadBytes, wordCount);
  let inner = 0;
  for (let from = 0; from < wordCount; from += WORDS_PER_BLOCK) {
    inner = fold(inner + sumBlock(words, from, Math.min(wordCount, from + WORDS_PER_BLOCK)));
  }
  if (IS_LITTLE_ENDIAN) inner = swap(inner);
  const tailAt = at + leadBytes + wordCount * 4;
  inner = fold(inner + sumBytes(bytes, tailAt, at + length - tailAt));
  // After an odd lead every following byte sits in the other half of its word.
  if ((leadBytes & 1) === 1) inner = swap(inner);
  return inner + sumBytes(bytes, at, leadBytes);
}

function sumBlock(words: Uint32Array, from: number, to: number): number {
  let low = 0;
  let high = 0;
  let i = from;
  for (const end = from + ((to - from) & ~3); i < end; i += 4) {
    const a = words[i] ?? 0;
    const b = words[i + 1] ?? 0;
    const c = words[i + 2] ?? 0;
    const d = words[i + 3] ?? 0;
    low = (low + (a & 0xffff) + (b & 0xffff) + (c & 0xffff) + (d & 0xffff)) | 0;
    high = (high + (a >>> 16) + (b >>> 16) + (c >>> 16) + (d >>> 16)) | 0;
  }
  for (; i < to; i++) {
    const word = words[i] ?? 0;
    low += word & 0xffff;
    high += word >>> 16;
  }
  return low + high;
}
