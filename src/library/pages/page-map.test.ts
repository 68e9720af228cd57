import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PAGE_BYTES } from '../../shared/bulk/state-plan.ts';
import { FailureError } from '../../shared/result.ts';
import { PACK_PAGES_MAX } from './pack-format.ts';
import { packId } from './pack.fixture.ts';
import { decodePageMap, encodePageMap, STATE_MAX_BYTES, ZERO_PAGE, type PageMap } from './page-map.ts';

function codeOf(bytes: Uint8Array): string {
  try {
    decodePageMap(bytes);
    return 'read';
  } catch (cause) {
    if (cause instanceof FailureError) return cause.code;
    throw cause;
  }
}

/** Runs of neighbours, single pages and zeros, in any order. */
const mapOf: fc.Arbitrary<PageMap> = fc
  .record({
    packCount: fc.integer({ min: 1, max: 70 }),
    parts: fc.array(fc.record({ place: fc.nat(), count: fc.integer({ min: 1, max: 40 }), isZero: fc.boolean() }), {
      maxLength: 40,
    }),
    missingBytes: fc.nat(PAGE_BYTES - 1),
  })
  .map(({ packCount, parts, missingBytes }) => {
    const places = parts.flatMap(({ place, count, isZero }) =>
      Array.from({ length: count }, (_, index) =>
        isZero ? ZERO_PAGE : (place + index) % (packCount * PACK_PAGES_MAX),
      ),
    );
    return {
      sizeBytes: Math.max(0, places.length * PAGE_BYTES - (places.length > 0 ? missingBytes : 0)),
      packs: Array.from({ length: packCount }, (_, index) => packId(index + 1)),
      places: Uint32Array.from(places),
    };
  });

describe('a page map', () => {
  it('says what was written', () => {
    fc.assert(
      fc.property(mapOf, (map) => {
        expect(decodePageMap(encodePageMap(map))).toEqual(map);
      }),
    );
  });

  it('is small where pages follow each other, across the end of a pack and beyond the longest run, too', () => {
    const places = Uint32Array.from({ length: 200_000 }, (_, index) => index);
    const zeros = new Uint32Array(200_000).fill(ZERO_PAGE);
    const packs = Array.from({ length: 13 }, (_, index) => packId(index));
    for (const [map, runs] of [
      [places, 13],
      [zeros, 4],
    ] as const) {
      const bytes = encodePageMap({ sizeBytes: map.length * PAGE_BYTES, packs, places: map });
      expect(bytes.byteLength).toBe(32 + 13 * 16 + 8 * runs);
      expect(Buffer.compare(Buffer.from(decodePageMap(bytes).places.buffer), Buffer.from(map.buffer))).toBe(0);
    }
  });

  it('never reads what is impossible, and never fails in another way, whatever bit is flipped', () => {
    const places = Uint32Array.from([0, 1, 2, ZERO_PAGE, ZERO_PAGE, PACK_PAGES_MAX + 5, 9]);
    const map = { sizeBytes: 7 * PAGE_BYTES - 100, packs: [packId(1), packId(2)], places };
    const bytes = encodePageMap(map);
    let refused = 0;
    for (let bit = 0; bit < 8 * bytes.byteLength; bit += 1) {
      const changed = Uint8Array.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      if (codeOf(changed) !== 'read') {
        refused += 1;
        continue;
      }
      const read = decodePageMap(changed);
      expect(read.places.length).toBe(7);
      expect(Math.ceil(read.sizeBytes / PAGE_BYTES)).toBe(7);
      for (const place of read.places) if (place !== ZERO_PAGE) expect(place).toBeLessThan(2 * PACK_PAGES_MAX);
    }
    // The rest (ids, pages within a pack) is for the hash in the manifest to find.
    expect(refused).toBeGreaterThan(300);
  });

  it('is refused when its numbers are hostile', () => {
    const map = { sizeBytes: 2 * PAGE_BYTES, packs: [packId(1)], places: Uint32Array.of(0, 1) };
    const good = encodePageMap(map);
    const changed = (at: number, value: number, bytes: 2 | 4): Buffer => {
      const copy = Buffer.from(good);
      if (bytes === 2) copy.writeUInt16LE(value, at);
      else copy.writeUInt32LE(value, at);
      return copy;
    };
    const large = Buffer.from(good);
    large.writeBigUInt64LE(BigInt(STATE_MAX_BYTES) + 1n, 24);
    const huge = Buffer.from(good);
    huge.writeBigUInt64LE(0xffff_ffff_ffff_ffffn, 24);
    const hostile: Record<string, Buffer> = {
      'more packs than any state has': changed(12, 4097, 4),
      'more packs than there is room for': changed(12, 0xffff_ffff, 4),
      'more runs than there is room for': changed(16, 0xffff_ffff, 4),
      'more pages than its size': changed(20, 3, 4),
      'all pages there can be': changed(20, 0xffff_ffff, 4),
      'a size beyond the limit': large,
      'a size beyond all numbers': huge,
      'a run without pages': changed(50, 0, 2),
      'a run that ends too early': changed(50, 1, 2),
      'a run of too many pages': changed(50, 3, 2),
      'a run in a pack that is not named': changed(48, 1, 2),
      'a run beyond the end of its pack': changed(52, PACK_PAGES_MAX - 1, 4),
      'a run that begins far away': changed(52, 0xffff_ffff, 4),
      'something behind it': Buffer.concat([good, Buffer.alloc(8)]),
      'only a beginning': good.subarray(0, 31) as Buffer,
      nothing: Buffer.alloc(0),
    };
    for (const [what, bytes] of Object.entries(hostile)) expect(codeOf(bytes), what).toBe('damaged');
    expect(codeOf(changed(8, 2, 4))).toBe('unsupported');
    expect(codeOf(good)).toBe('read');
  });

  it('refuses bytes of any kind', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(codeOf(bytes)).toBe('damaged');
      }),
    );
  });
});
