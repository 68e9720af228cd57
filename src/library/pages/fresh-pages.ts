import { HASH_BYTES } from './pack-format.ts';

const SLOTS_MIN = 4096;

/** Pages that were stored just now, by their hash: an open hash table over hashes that lie one after another. */
export class FreshPages {
  private slots = new Uint32Array(SLOTS_MIN);
  private hashes = new Uint8Array((SLOTS_MIN / 2) * HASH_BYTES);
  private places = new Uint32Array(SLOTS_MIN / 2);
  private count = 0;

  get size(): number {
    return this.count;
  }

  /** Where the page with this hash is, or null. */
  find(hash: Uint8Array): number | null {
    const mask = this.slots.length - 1;
    for (let slot = start(hash, 0) & mask; ; slot = (slot + 1) & mask) {
      const value = this.slots[slot] ?? 0;
      if (value === 0) return null;
      if (this.isAt(value - 1, hash)) return this.places[value - 1] ?? null;
    }
  }

  /** @param hash of a page that is not there yet */
  add(hash: Uint8Array, place: number): void {
    if (2 * (this.count + 1) > this.slots.length) this.grow();
    this.hashes.set(hash, this.count * HASH_BYTES);
    this.places[this.count] = place;
    this.put(this.count);
    this.count += 1;
  }

  private put(number: number): void {
    const mask = this.slots.length - 1;
    let slot = start(this.hashes, number * HASH_BYTES) & mask;
    while (this.slots[slot] !== 0) slot = (slot + 1) & mask;
    this.slots[slot] = number + 1;
  }

  private isAt(number: number, hash: Uint8Array): boolean {
    const at = number * HASH_BYTES;
    for (let index = 0; index < HASH_BYTES; index += 1) if (this.hashes[at + index] !== hash[index]) return false;
    return true;
  }

  private grow(): void {
    this.slots = new Uint32Array(2 * this.slots.length);
    const { hashes, places } = this;
    this.hashes = new Uint8Array(2 * hashes.length);
    this.hashes.set(hashes);
    this.places = new Uint32Array(2 * places.length);
    this.places.set(places);
    for (let number = 0; number < this.count; number += 1) this.put(number);
  }
}

function start(bytes: Uint8Array, at: number): number {
  const low = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
  return (low | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)) >>> 0;
}
