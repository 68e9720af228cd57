import { describe, expect, it } from 'vitest';
import { painter } from './style.ts';
import { tableLines, type Column } from './table.ts';

const COLUMNS: readonly Column[] = [
  { title: 'NAME', mayShrink: true },
  { title: 'SIZE', align: 'right' },
  { title: 'ID' },
];
const plain = { paint: painter(false), widthColumns: null };

describe('a table', () => {
  it('lines up by what is drawn, without tabs and trailing spaces', () => {
    expect(
      tableLines(
        COLUMNS,
        [
          ['tiny', '1.2 MB', 'a'],
          ['図書館 two', '310.0 MB', 'bc'],
        ],
        plain,
      ),
    ).toEqual(['NAME            SIZE  ID', 'tiny          1.2 MB  a', '図書館 two  310.0 MB  bc']);
  });

  it('is its titles alone when there is nothing to list', () => {
    expect(tableLines(COLUMNS, [], plain)).toEqual(['NAME  SIZE  ID']);
  });

  it('cuts the names on a narrow terminal, and nothing else', () => {
    const look = { paint: painter(false), widthColumns: 24 };
    const lines = tableLines(COLUMNS, [['a name that is far too long', '1.2 MB', 'st-123']], look);
    expect(lines[1]).toBe('a name …  1.2 MB  st-123');
    const narrower = tableLines(COLUMNS, [['a name that is far too long', '1.2 MB', 'st-123']], {
      ...look,
      widthColumns: 9,
    });
    expect(narrower[1]).toBe('a name …  1.2 MB  st-123');
  });

  it('shows no control characters of a cell', () => {
    expect(tableLines(COLUMNS, [['a\u001b[2J', '\u0007', 'x\ny']], plain)[1]).toBe('a[2J        x y');
  });

  it('has titles in bold where there are colours', () => {
    expect(tableLines(COLUMNS, [], { ...plain, paint: painter(true) })[0]).toBe('\u001b[1mNAME  SIZE  ID\u001b[22m');
  });
});
