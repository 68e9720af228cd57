import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashOf, packId, tablesOf } from './pack.fixture.ts';
import { PageIndex } from './page-index.ts';

describe('an index of pages', () => {
  it('finds what a map of all pages has, however it grows, and nothing else', () => {
    const pack = fc.record({
      pages: fc.array(fc.option(fc.nat(300), { freq: 6 }), { maxLength: 80 }),
      bad: fc.uniqueArray(fc.nat(5), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.array(pack, { maxLength: 6 }), (packs) => {
        const index = new PageIndex();
        const model = new Map<number, { pack: string; page: number }>();
        for (const [number, { pages, bad }] of packs.entries()) {
          index.add(tablesOf(packId(number), pages), new Set(bad));
          for (const [page, content] of pages.entries()) {
            if (content !== null && !bad.includes(Math.floor(page / 16))) {
              model.set(content, { pack: packId(number), page });
            }
          }
        }
        expect(index.pageCount).toBe(model.size);
        for (let content = 0; content <= 301; content += 1) {
          const found = index.find(Buffer.concat([Buffer.of(1, 2, 3), hashOf(content)]), 3);
          expect(found && { pack: found.pack.id, page: found.page }).toEqual(model.get(content) ?? null);
        }
        expect(index.find(new Uint8Array(32), 0)).toBe(null);
      }),
      { numRuns: 40 },
    );
  });

  it('grows to many pages', () => {
    const index = new PageIndex();
    const pages = Array.from({ length: 5000 }, (_, page) => page);
    index.add(tablesOf(packId(1), pages), new Set());
    expect(index.pageCount).toBe(5000);
    for (const page of pages) expect(index.find(hashOf(page), 0)?.page).toBe(page);
    expect(index.find(hashOf(5000), 0)).toBe(null);
  });
});
