import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planRelocation, STATE_PACKS_MAX, type BlockUse } from './locality.ts';
import { PACK_PAGES_MAX } from './pack-format.ts';

const useOf = fc
  .record({ pack: fc.nat(90), block: fc.nat(1023), livePages: fc.integer({ min: 1, max: 16 }), used: fc.nat() })
  .map(({ pack, block, livePages, used }): BlockUse => ({ pack, block, livePages, usedPages: 1 + (used % livePages) }));
const usesOf = fc.uniqueArray(useOf, { maxLength: 300, selector: ({ pack, block }) => 1024 * pack + block });

function cost(uses: readonly BlockUse[], moved: ReadonlySet<BlockUse>, newPages: number) {
  const sum = (value: (use: BlockUse) => number): number => uses.reduce((total, use) => total + value(use), 0);
  const writtenPages = newPages + sum((use) => (moved.has(use) ? use.usedPages : 0));
  return {
    neededPages: newPages + sum(({ usedPages }) => usedPages),
    readPages: newPages + sum((use) => (moved.has(use) ? use.usedPages : use.livePages)),
    packs: new Set(uses.filter((use) => !moved.has(use)).map(({ pack }) => pack)).size + packsFor(writtenPages),
  };
}

const packsFor = (pages: number): number => Math.ceil(pages / PACK_PAGES_MAX);

describe('moving pages together', () => {
  it('keeps what is read within twice what is needed, and the packs few', () => {
    fc.assert(
      fc.property(usesOf, fc.nat(20_000), (uses, newPages) => {
        const moved = new Set(planRelocation(uses, newPages));
        const { neededPages, readPages, packs } = cost(uses, moved, newPages);
        expect(readPages).toBeLessThanOrEqual(2 * neededPages);
        expect(packs).toBeLessThanOrEqual(STATE_PACKS_MAX);
      }),
    );
  });

  it('moves nothing that was well placed, and no block more than it has to', () => {
    fc.assert(
      fc.property(usesOf, fc.nat(200), (uses, newPages) => {
        const moved = planRelocation(uses, newPages);
        for (const spared of moved) {
          const fewer = new Set(moved.filter((use) => use !== spared));
          const isLeastUseful = moved.every(
            (use) => use.usedPages / use.livePages <= spared.usedPages / spared.livePages,
          );
          if (!isLeastUseful) continue;
          // Without the one that was worst worth moving it would not have been enough.
          const { neededPages, readPages, packs } = cost(uses, fewer, newPages);
          const wholePack = uses.filter(({ pack }) => pack === spared.pack).length > 1;
          expect(readPages > 2 * neededPages || packs > STATE_PACKS_MAX || wholePack).toBe(true);
        }
      }),
    );
    const whole = Array.from({ length: 64 }, (_, pack) => ({ pack, block: 0, usedPages: 16, livePages: 16 }));
    expect(planRelocation(whole, 0)).toEqual([]);
  });

  it('gives up the packs that give least', () => {
    const uses = Array.from({ length: 70 }, (_, pack) => ({
      pack,
      block: 0,
      usedPages: pack < 10 ? 5 : 16,
      livePages: 16,
    }));
    const packs = planRelocation(uses, 100).map(({ pack }) => pack);
    // 70 and a new one for what is moved are seven too many.
    expect(packs).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it('counts the packs that what is moved fills', () => {
    const full = Array.from({ length: 66 }, (_, pack) =>
      Array.from({ length: 1024 }, (_, block) => ({ pack, block, usedPages: pack < 6 ? 8 : 16, livePages: 16 })),
    ).flat();
    const moved = new Set(planRelocation(full, 10));
    expect(cost(full, moved, 10).packs).toBeLessThanOrEqual(STATE_PACKS_MAX);
  });

  it('ends where nothing is gained: a state of more new pages than fit in few packs', () => {
    const full = Array.from({ length: 80 }, (_, pack) =>
      Array.from({ length: 1024 }, (_, block) => ({ pack, block, usedPages: 16, livePages: 16 })),
    ).flat();
    expect(planRelocation(full, 10)).toEqual([]);
  });
});
