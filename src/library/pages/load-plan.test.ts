import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PAGE_BYTES } from '../../shared/bulk/state-plan.ts';
import { planLoad } from './load-plan.ts';
import { packId, tablesOf } from './pack.fixture.ts';
import { PACK_PAGES_MAX } from './pack-format.ts';
import { ZERO_PAGE } from './page-map.ts';

/** Two packs, of which some pages were dropped. */
const isDropped = (page: number): boolean => page % 7 === 3;
const CONTENT = Array.from({ length: 100 }, (_, page) => (isDropped(page) ? null : page));
const TABLES = [tablesOf(packId(1), CONTENT), tablesOf(packId(2), CONTENT)];
const livePlace = fc
  .record({ pack: fc.nat(1), page: fc.nat(99) })
  .map(({ pack, page }) => pack * PACK_PAGES_MAX + (isDropped(page) ? page + 1 : page));
const placesOf = fc.array(fc.oneof(livePlace, fc.constant(ZERO_PAGE)), { maxLength: 300 });
const mapOf = (places: readonly number[]) => ({
  sizeBytes: places.length * PAGE_BYTES,
  packs: [packId(1), packId(2)],
  places: Uint32Array.from(places),
});

describe('the plan by which a machine is sent a state', () => {
  it('has every page once, from where it is, and those of the front first', () => {
    fc.assert(
      fc.property(placesOf, fc.nat(320), (places, front) => {
        const frontBytes = Math.min(front, places.length) * PAGE_BYTES;
        const steps = planLoad(mapOf(places), TABLES, frontBytes);
        const sent: number[] = [];
        for (const { pack, number, block, ranks, uses } of steps) {
          expect(uses.length).toBeGreaterThan(0);
          for (const { rank, page } of uses) {
            const place = places[page] ?? ZERO_PAGE;
            const tables = TABLES[Math.floor(place / PACK_PAGES_MAX)];
            const inPack = place % PACK_PAGES_MAX;
            expect(pack).toBe(Math.floor(place / PACK_PAGES_MAX));
            expect(tables?.block(Math.floor(inPack / 16))).toEqual(block);
            expect(number).toBe(Math.floor(inPack / 16));
            expect(ranks ? ranks[rank] : rank).toBe(tables?.rank(inPack));
            sent.push(page);
          }
        }
        const wanted = [...places.keys()].filter((page) => places[page] !== ZERO_PAGE);
        expect([...sent].sort((a, b) => a - b)).toEqual(wanted);
        const frontPages = frontBytes / PAGE_BYTES;
        if (frontBytes === 0) expect(sent).toEqual(wanted);
        else {
          const inFront = wanted.filter((page) => page < frontPages);
          expect(sent.slice(0, inFront.length).sort((a, b) => a - b)).toEqual(inFront);
        }
      }),
    );
  });

  it('sends a block once for the front, by its first page there, and once for the rest, as it lies', () => {
    fc.assert(
      fc.property(placesOf, fc.integer({ min: 1, max: 100 }), (places, front) => {
        const frontBytes = Math.min(front, places.length) * PAGE_BYTES;
        fc.pre(frontBytes > 0);
        const steps = planLoad(mapOf(places), TABLES, frontBytes);
        const keys = steps.map(({ pack, block }) => pack * 1e9 + block.offset);
        const isFront = steps.map(({ uses }) => (uses[0]?.page ?? 0) < frontBytes / PAGE_BYTES);
        const rest = keys.filter((_, index) => isFront[index] !== true);
        expect(rest).toEqual([...new Set(rest)].sort((a, b) => a - b));
        const firstPages = steps.flatMap(({ uses }, index) => (isFront[index] === true ? [uses[0]?.page ?? 0] : []));
        expect(firstPages).toEqual(firstPages.toSorted((a, b) => a - b));
        const ofFront = keys.filter((_, index) => isFront[index]);
        expect(new Set(ofFront).size).toBe(ofFront.length);
      }),
    );
  });

  it('sends a block again that is used more often than a plan can say', () => {
    const places = new Array<number>(70_000).fill(5);
    for (const frontBytes of [0, 70_000 * PAGE_BYTES]) {
      const steps = planLoad(mapOf(places), TABLES, frontBytes);
      expect(steps.map(({ uses }) => uses.length)).toEqual([65_535, 4465]);
      expect(new Set(steps.flatMap(({ uses }) => uses.map(({ page }) => page))).size).toBe(70_000);
    }
  });
});
