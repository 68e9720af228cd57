import { describe, expect, it } from 'vitest';
import { cutToWidth, displayWidth, padToWidth } from './display-width.ts';

describe('columns of a terminal', () => {
  it('are counted by what is drawn', () => {
    expect(displayWidth('plain')).toBe(5);
    expect(displayWidth('Größe')).toBe(5);
    // An o with a mark of its own.
    expect(displayWidth('Gro\u0308ße')).toBe(5);
    expect(displayWidth('図書')).toBe(4);
    expect(displayWidth('ｆｕｌｌ')).toBe(8);
    expect(displayWidth('한국')).toBe(4);
    expect(displayWidth('🚀')).toBe(2);
    expect(displayWidth('👨‍👩‍👧')).toBe(2);
    expect(displayWidth('❤\ufe0f')).toBe(2);
    expect(displayWidth('…“”')).toBe(3);
  });

  it('are filled on the side asked for', () => {
    expect(padToWidth('図', 4, 'left')).toBe('図  ');
    expect(padToWidth('7', 3, 'right')).toBe('  7');
    expect(padToWidth('longer', 3, 'left')).toBe('longer');
  });

  it('cut a text between characters', () => {
    expect(cutToWidth('short', 5)).toBe('short');
    expect(cutToWidth('longer', 5)).toBe('long…');
    expect(cutToWidth('図書館', 4)).toBe('図…');
    expect(cutToWidth('👨‍👩‍👧👨‍👩‍👧', 3)).toBe('👨‍👩‍👧…');
  });
});
