import { describe, expect, it } from 'vitest';
import { bufferText, READ_TEXT_MAX_LINES } from './buffer-text.ts';

interface Row {
  readonly text: string;
  readonly isWrapped?: boolean;
}

type Buffer = Parameters<typeof bufferText>[0];

function bufferOf(rows: readonly Row[]): Buffer {
  return {
    length: rows.length,
    getLine: (index: number) => {
      const row = rows[index];
      if (!row) return undefined;
      return {
        isWrapped: row.isWrapped ?? false,
        length: row.text.length,
        getCell: () => undefined,
        translateToString: (trimRight?: boolean) => (trimRight ? row.text.trimEnd() : row.text),
      };
    },
  };
}

describe('bufferText', () => {
  it('drops trailing blanks and the empty rows below the prompt', () => {
    expect(bufferText(bufferOf([{ text: 'hello   ' }, { text: '# ' }, { text: '   ' }]))).toBe('hello\n#');
  });

  it('joins a wrapped line, keeping the space at the edge', () => {
    expect(bufferText(bufferOf([{ text: 'one ' }, { text: 'two ', isWrapped: true }, { text: 'x' }]))).toBe(
      'one two\nx',
    );
  });

  it('reads no more than its bound', () => {
    const rows = Array.from({ length: READ_TEXT_MAX_LINES + 10 }, (_, index) => ({ text: `line ${index}` }));
    expect(bufferText(bufferOf(rows)).split('\n')).toHaveLength(READ_TEXT_MAX_LINES);
  });
});
