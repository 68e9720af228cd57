import { describe, expect, it } from 'vitest';
import { drawnLines, type Rectangle } from './line-drawing.ts';

/** Which edges of the cell a character touches. */
const edges = (rectangles: readonly Rectangle[] | null): string =>
  [
    rectangles?.some(({ y }) => y === 0) && 'up',
    rectangles?.some(({ x, width }) => x + width === 12) && 'right',
    rectangles?.some(({ y, height }) => y + height === 24) && 'down',
    rectangles?.some(({ x }) => x === 0) && 'left',
  ]
    .filter(Boolean)
    .join(' ');

describe('lines of code page 437', () => {
  it.each([
    [0xb3, 'up down'],
    [0xb4, 'up down left'],
    [0xba, 'up down'],
    [0xbf, 'down left'],
    [0xc0, 'up right'],
    [0xc4, 'right left'],
    [0xc5, 'up right down left'],
    [0xc9, 'right down'],
    [0xcd, 'right left'],
    [0xce, 'up right down left'],
    [0xd9, 'up left'],
    [0xda, 'right down'],
    [0xdb, 'up right down left'],
    [0xdf, 'up right left'],
  ])('%i reaches the edges %s', (character, expected) => {
    expect(edges(drawnLines(character, 12, 24))).toBe(expected);
  });

  it('are double where they are', () => {
    expect(drawnLines(0xba, 12, 24)).toHaveLength(4);
    expect(drawnLines(0xb3, 12, 24)).toHaveLength(2);
  });

  it('are not letters', () => {
    for (const character of [0x41, 0xaf, 0xe0, 0xff]) expect(drawnLines(character, 12, 24)).toBeNull();
  });
});
