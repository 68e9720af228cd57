import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldChecksum, pseudoHeaderSum, sum } from './checksum.ts';

/** RFC 1071, word by word, in arithmetic that cannot overflow. */
function plainSum(bytes: Uint8Array): number {
  let total = 0;
  for (let i = 0; i < bytes.length; i += 2) total += (bytes[i] ?? 0) * 256 + (bytes[i + 1] ?? 0);
  while (total > 0xffff) total = Math.floor(total / 0x10000) + (total % 0x10000);
  return total;
}

/** 0 and 0xffff are the same number in ones-complement arithmetic; which one comes out does not matter. */
const normal = (value: number): number => (value === 0xffff ? 0 : value);

describe('sum', () => {
  it('agrees with the plain way at every length and alignment', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.nat(9), fc.nat(0xffff), (bytes, at, initial) => {
        const padded = new Uint8Array(at + bytes.length + 3).fill(0xa5);
        padded.set(bytes, at);
        const expected = normal(plainSum(Uint8Array.of(initial >>> 8, initial & 0xff, ...bytes)));
        expect(normal(sum(padded, at, bytes.length, initial))).toBe(expected);
        // A view that does not begin where its buffer does.
        expect(normal(sum(padded.subarray(at), 0, bytes.length, initial))).toBe(expected);
      }),
      { numRuns: 3000 },
    );
  });

  it('does not overflow on the largest packets, nor beyond', () => {
    for (const length of [65_534, 65_535, 65_536, 200_001, 1_000_003]) {
      for (const fill of [0xff, 0xfe, 0x01]) {
        const bytes = new Uint8Array(length + 3).fill(fill);
        for (const at of [0, 1, 2, 3]) {
          expect(normal(sum(bytes, at, length))).toBe(normal(plainSum(bytes.subarray(at, at + length))));
        }
      }
    }
  });

  it('adds up over parts of even length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(200), (bytes, half) => {
        const cut = Math.min(2 * half, bytes.length & ~1);
        const parts = sum(bytes, 0, cut) + sum(bytes, cut, bytes.length - cut);
        expect(normal(~foldChecksum(parts) & 0xffff)).toBe(normal(plainSum(bytes)));
      }),
    );
  });

  it('makes the checksums of known packets', () => {
    // RFC 1071, 3.
    expect(sum(Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7), 0, 8)).toBe(0xddf2);
    expect(foldChecksum(0xddf2)).toBe(0x220d);
    expect(foldChecksum(0xffff)).toBe(0);
    expect(foldChecksum(0x1fffe)).toBe(0);
  });

  it('knows the pseudo headers', () => {
    expect(pseudoHeaderSum('1.2.3.4', '5.6.7.8', 6, 20)).toBe(0x0102 + 0x0304 + 0x0506 + 0x0708 + 6 + 20);
    expect(pseudoHeaderSum('fe80::1', '::2', 58, 0x1_0002)).toBe(0xfe80 + 1 + 2 + 58 + 1 + 2);
  });
});
