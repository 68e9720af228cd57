import { describe, expect, it } from 'vitest';
import type { TextFrame } from '../../../../machine/screen-frame.ts';
import { CODE_PAGE_437 } from './code-page-437.ts';
import { changedCells, isUnused, screenText } from './screen-text.ts';

const frame = (lines: readonly string[], change: Partial<TextFrame> = {}): TextFrame => {
  const columns = 8;
  const text = lines.map((line) => line.padEnd(columns)).join('');
  return {
    kind: 'text',
    columns,
    rows: lines.length,
    characters: Uint8Array.from(text, (character) => CODE_PAGE_437.indexOf(character, 1)),
    foreground: new Uint32Array(text.length).fill(0xaaaaaa),
    background: new Uint32Array(text.length),
    cursor: null,
    ...change,
  };
};

describe('the text of a screen', () => {
  it('has a character for each byte', () => {
    expect(Array.from(CODE_PAGE_437)).toHaveLength(256);
    expect([CODE_PAGE_437[0x41], CODE_PAGE_437[0xc4], CODE_PAGE_437[0xdb]]).toEqual(['A', '─', '█']);
  });

  it('is read line by line', () => {
    expect(screenText(frame(['one', '', '┌──┐ é', '']))).toBe('one\n\n┌──┐ é');
  });

  it('is nobody’s when only the firmware wrote it', () => {
    expect(isUnused('')).toBe(true);
    expect(isUnused('SeaBIOS (version 1.16.2-debian-1.16.2-1)\n\n\nBooting from ROM...')).toBe(true);
    expect(isUnused('SeaBIOS (version 1.16.2)\nroot@box:~# ')).toBe(false);
  });

  it('is drawn only where it has changed', () => {
    const before = frame(['ab', 'cd']);
    expect(changedCells(before, before)).toEqual([]);
    expect(changedCells(before, frame(['ab', 'cx']))).toEqual([9]);
    expect(changedCells(null, before)).toHaveLength(16);
    expect(changedCells(frame(['ab']), before)).toHaveLength(16);
  });

  it('is drawn anew where the cursor was and is', () => {
    const before = frame(['ab', 'cd'], { cursor: { column: 1, row: 0 } });
    const after = frame(['ab', 'cd'], { cursor: { column: 0, row: 1 } });
    expect(changedCells(before, after)).toEqual([1, 8]);
  });
});
