import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FreshPages } from './fresh-pages.ts';

const hashOf = (value: number): Uint8Array => createHash('sha256').update(String(value)).digest();

describe('FreshPages', () => {
  it('finds what was added, and nothing else', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat(), { maxLength: 200 }),
        fc.array(fc.nat(), { maxLength: 50 }),
        (added, asked) => {
          const fresh = new FreshPages();
          for (const [place, value] of added.entries()) fresh.add(hashOf(value), place);
          expect(fresh.size).toBe(added.length);
          for (const [place, value] of added.entries()) expect(fresh.find(hashOf(value))).toBe(place);
          for (const value of asked) {
            const place = added.indexOf(value);
            expect(fresh.find(hashOf(value))).toBe(place < 0 ? null : place);
          }
        },
      ),
    );
  });

  it('grows, also over hashes that begin alike', () => {
    const fresh = new FreshPages();
    const alike = (value: number): Uint8Array => {
      const hash = new Uint8Array(32).fill(7);
      new DataView(hash.buffer).setUint32(28, value);
      return hash;
    };
    for (let value = 0; value < 3000; value += 1) fresh.add(alike(value), value);
    for (let value = 0; value < 10_000; value += 1) fresh.add(hashOf(value), 10_000 + value);
    for (const value of [0, 1, 1500, 2999]) expect(fresh.find(alike(value))).toBe(value);
    for (const value of [0, 9999]) expect(fresh.find(hashOf(value))).toBe(10_000 + value);
    expect(fresh.find(alike(3000))).toBe(null);
  });
});
