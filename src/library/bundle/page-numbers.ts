import { HASH_BYTES } from './bundle-format.ts';

const SLOTS_MIN = 1024;
const HASHES_MIN = 512;

/**
 * Numbers pages by their hash, in the order in which they are first seen. Hashes are SHA-256 of pages that are there,
 * so their first bytes spread them well enough.
 */
export class PageNumbers {
  private hashes = new Uint8Array(HASHES_MIN * HASH_BYTES);
  /** 0: free; else one more than a page's number. */
  private slots = new Uint32Array(SLOTS_MIN);
  private size = 0;

  get count(): number {
    return this.size;
  }

  /** @param offset where in `bytes` the hash begins. @returns −1 for one that has no number */
  find(bytes: Uint8Array, offset: number): number {
    return (this.slots[this.slotOf(bytes, offset)] ?? 0) - 1;
  }

  /** @returns the number of a hash, which is a new one if it has none yet */
  add(bytes: Uint8Array, offset: number): number {
    const slot = this.slotOf(bytes, offset);
    const known = this.slots[slot] ?? 0;
    if (known !== 0) return known - 1;
    const number = this.size;
    if ((number + 1) * HASH_BYTES > this.hashes.byteLength) this.hashes = doubled(this.hashes);
    this.hashes.set(bytes.subarray(offset, offset + HASH_BYTES), number * HASH_BYTES);
    this.slots[slot] = number + 1;
    this.size += 1;
    if (2 * this.size > this.slots.length) this.grow();
    return number;
  }

  /** Where the hash is, or would be. */
  private slotOf(bytes: Uint8Array, offset: number): number {
    const mask = this.slots.length - 1;
    for (let slot = keyOf(bytes, offset) & mask; ; slot = (slot + 1) & mask) {
      const value = this.slots[slot] ?? 0;
      if (value === 0 || sameHash(this.hashes, (value - 1) * HASH_BYTES, bytes, offset)) return slot;
    }
  }

  private grow(): void {
    this.slots = new Uint32Array(2 * this.slots.length);
    for (let number = 0; number < this.size; number += 1) {
      this.slots[this.slotOf(this.hashes, number * HASH_BYTES)] = number + 1;
    }
  }
}

export function sameHash(a: Uint8Array, atA: number, b: Uint8Array, atB: number): boolean {
  for (let index = 0; index < HASH_BYTES; index += 1) if (a[atA + index] !== b[atB + index]) return false;
  return true;
}

/** Whether it stands for a page of zeros. */
export function isZeroHash(bytes: Uint8Array, offset: number): boolean {
  for (let index = 0; index < HASH_BYTES; index += 1) if (bytes[offset + index] !== 0) return false;
  return true;
}

function keyOf(bytes: Uint8Array, offset: number): number {
  const low = (bytes[offset] ?? 0) | ((bytes[offset + 1] ?? 0) << 8);
  return low | ((bytes[offset + 2] ?? 0) << 16) | ((bytes[offset + 3] ?? 0) << 24);
}

function doubled(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const grown = new Uint8Array(2 * bytes.byteLength);
  grown.set(bytes);
  return grown;
}
