import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PAGE_BYTES } from '../../shared/bulk/state-plan.ts';
import { packId, tablesOf } from './pack.fixture.ts';
import { PACK_PAGES_MAX } from './pack-format.ts';
import { planPackGarbage } from './pack-garbage.ts';
import { ZERO_PAGE, type PageMap } from './page-map.ts';
import { PageUses } from './page-uses.ts';

const PAGES = 64;
const CONTENT = Array.from({ length: PAGES }, (_, page) => page);
const TABLES = [1, 2, 3].map((number) => tablesOf(packId(number), CONTENT));
/** As many bytes as a page of these packs takes. */
const STORED_BYTES = 400;

function mapOf(pages: readonly number[]): PageMap {
  const places = pages.map((page) =>
    page < 0 ? ZERO_PAGE : Math.floor(page / PAGES) * PACK_PAGES_MAX + (page % PAGES),
  );
  return {
    sizeBytes: pages.length * PAGE_BYTES,
    packs: TABLES.map(({ id }) => id),
    places: Uint32Array.from(places),
  };
}

/** Pages by number: those of three packs one after another, −1 for zeros. */
const statesOf = fc.array(fc.array(fc.integer({ min: -1, max: 3 * PAGES - 1 }), { maxLength: 120 }), { maxLength: 5 });

function usesOf(states: readonly (readonly number[])[]): PageUses {
  const uses = new PageUses();
  for (const pages of states) uses.add(mapOf(pages));
  return uses;
}

describe('what states need of packs', () => {
  it('is what any of them has, and only their own what no other has', () => {
    fc.assert(
      fc.property(statesOf, (states) => {
        const uses = usesOf(states);
        const owners = (page: number): number => states.filter((pages) => pages.includes(page)).length;
        const byId = new Map(TABLES.map((tables) => [tables.id, tables]));
        for (const [number, tables] of TABLES.entries()) {
          const needed = CONTENT.filter((page) => owners(number * PAGES + page) > 0);
          for (const page of CONTENT) expect(uses.isNeeded(tables.id, page)).toBe(needed.includes(page));
          expect(uses.needsPack(tables.id)).toBe(needed.length > 0);
          expect(uses.deadBytes(tables)).toBe((PAGES - needed.length) * STORED_BYTES);
        }
        for (const pages of states) {
          const own = new Set(pages.filter((page) => page >= 0 && owners(page) === 1));
          expect(uses.uniqueBytes(mapOf(pages), byId)).toBe(own.size * STORED_BYTES);
        }
        expect(uses.needsPack(packId(9))).toBe(false);
      }),
    );
  });
});

describe('the plan by which packs are cleaned up', () => {
  const packs = TABLES.map((tables, index) => ({
    name: { id: tables.id, generation: 0, file: `${index}` },
    tables,
    fileBytes: tables.fileBytes,
  }));

  it('removes what nobody needs and writes again what is dead to a quarter, and nothing else', () => {
    fc.assert(
      fc.property(statesOf, (states) => {
        const plan = planPackGarbage(packs, usesOf(states));
        let freedBytes = 0;
        for (const [number, pack] of packs.entries()) {
          const needed = new Set(states.flat().filter((page) => page >= 0 && Math.floor(page / PAGES) === number)).size;
          const deadBytes = (PAGES - needed) * STORED_BYTES;
          const isRemoved = needed === 0;
          const isRewritten = !isRemoved && deadBytes >= pack.fileBytes / 4;
          expect(plan.remove.includes(pack)).toBe(isRemoved);
          expect(plan.rewrite.includes(pack.name)).toBe(isRewritten);
          if (isRemoved) freedBytes += pack.fileBytes;
          else if (isRewritten) freedBytes += deadBytes;
        }
        expect(plan.freedBytes).toBe(freedBytes);
      }),
    );
  });

  it('removes a damaged pack that nobody needs, and leaves one that somebody does', () => {
    const damaged = packs.map((pack) => ({ ...pack, tables: null }));
    const plan = planPackGarbage(damaged, usesOf([[1, 2]]));
    expect(plan.remove.map(({ name }) => name.id)).toEqual([packId(2), packId(3)]);
    expect(plan.rewrite).toEqual([]);
  });
});
