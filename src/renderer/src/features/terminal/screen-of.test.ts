import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { screenPreview } from '../../../../shared/model/screen-preview.ts';
import { screenOf } from './screen-of.ts';

/** A buffer with these rows, of which the last ones are on the screen. */
function bufferOf(texts: readonly string[], rows: number): Parameters<typeof screenOf>[0] {
  const lines = texts.map((text) => ({
    translateToString: (trim?: boolean, from?: number, to?: number) => {
      const cut = Array.from(text).slice(from, to).join('');
      return trim === true ? cut.trimEnd() : cut;
    },
  }));
  const getLine = (row: number): never => lines[row] as never;
  return { baseY: Math.max(0, texts.length - rows), getLine };
}

describe('what a terminal shows', () => {
  it('is its last rows as text, without blanks at their ends', () => {
    const buffer = bufferOf(['scrolled away', '~ # ls  ', '', 'letter.txt', ''], 4);
    expect(screenOf(buffer, { columns: 80, rows: 4 })).toEqual({
      columns: 80,
      rows: 4,
      lines: ['~ # ls', '', 'letter.txt'],
    });
  });

  it('is nothing where nothing is shown', () => {
    expect(screenOf(bufferOf(['', '  '], 24), { columns: 80, rows: 24 })).toBeNull();
  });

  it('is what main takes, however large the terminal and whatever is in it', () => {
    const marked = `e${'\u0301'.repeat(20)}`.repeat(1000);
    const screen = screenOf(
      bufferOf(
        Array.from({ length: 600 }, () => marked),
        500,
      ),
      { columns: 1000, rows: 500 },
    );
    expect(v.safeParse(screenPreview, screen).success).toBe(true);
    expect(screen).toMatchObject({ columns: 240, rows: 100 });
    expect(screen?.lines).toHaveLength(100);
  });
});
