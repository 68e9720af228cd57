import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { thumbnailBlocks } from './thumbnail-drawing.ts';

describe('thumbnailBlocks', () => {
  it('has a block for each word, where it stands', () => {
    const blocks = thumbnailBlocks({ columns: 80, rows: 24, lines: ['~ # ls', '', 'a'] });
    expect(blocks.map(({ x, width }) => [x * 64, width * 64])).toEqual([
      [0, 1],
      [2, 1],
      [4, 2],
      [0, 1],
    ]);
    expect(new Set(blocks.map(({ y }) => y)).size).toBe(2);
  });

  it('stays inside the picture, whatever was on the screen', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 300 }), { maxLength: 100 }), (lines) => {
        for (const { x, y, width, height } of thumbnailBlocks({ columns: 240, rows: 100, lines })) {
          expect(x).toBeGreaterThanOrEqual(0);
          expect(x + width).toBeLessThanOrEqual(1);
          expect(y).toBeGreaterThanOrEqual(0);
          expect(y + height).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
});
