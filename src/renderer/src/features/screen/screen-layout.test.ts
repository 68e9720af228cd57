import { describe, expect, it } from 'vitest';
import { cellWidth, pictureScale } from './screen-layout.ts';

const ROOM = { width: 1000, height: 600 };

describe('how large a screen is drawn', () => {
  it('as large as there is room, by whole pixels of a character', () => {
    expect(cellWidth(80, 25, ROOM, 1, 'fit')).toBe(12);
    expect(cellWidth(80, 25, ROOM, 2, 'fit')).toBe(24);
    expect(cellWidth(80, 50, ROOM, 1, 'fit')).toBe(6);
  });

  it('by whole multiples, and not below one', () => {
    expect(cellWidth(80, 25, ROOM, 1, 'whole')).toBe(8);
    expect(cellWidth(80, 25, ROOM, 2, 'whole')).toBe(24);
    expect(cellWidth(132, 60, ROOM, 1, 'whole')).toBe(8);
    expect(pictureScale({ width: 320, height: 200 }, ROOM, 1, 'whole')).toBe(3);
    expect(pictureScale({ width: 320, height: 200 }, ROOM, 2, 'whole')).toBe(3);
    expect(pictureScale({ width: 1024, height: 768 }, ROOM, 1, 'whole')).toBe(1);
  });

  it('pictures fit whole', () => {
    expect(pictureScale({ width: 1200, height: 600 }, ROOM, 1, 'fit')).toBeCloseTo(1000 / 1200);
    expect(pictureScale({ width: 0, height: 0 }, { width: 0, height: 0 }, 1, 'fit')).toBeGreaterThan(0);
  });
});
