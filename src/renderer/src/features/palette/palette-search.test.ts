import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PaletteEntry } from './palette-entries.ts';
import { searchEntries } from './palette-search.ts';

const entry = (id: string, searched: string): PaletteEntry => ({
  id,
  searched,
  title: searched,
  kind: '',
  keys: null,
  run: () => undefined,
});
const entries = [
  entry('new', 'New VM… 新建虚拟机…'),
  entry('take', 'Take snapshot… 拍摄快照…'),
  entry('import', 'Import snapshots… 导入快照…'),
  entry('show', 'Show build-2 显示 build-2'),
  entry('settings', 'Settings 设置'),
];
const ids = (query: string, recent: readonly string[] = []): readonly string[] =>
  searchEntries(entries, query, recent).map(({ id }) => id);

describe('the palette', () => {
  it.each([
    ['snap', ['take', 'import']],
    ['tksnp', []],
    ['take snap', ['take']],
    ['snap take', ['take']],
    ['BUILD', ['show']],
    ['build-2', ['show']],
    ['快照', ['take', 'import']],
    ['设置', ['settings']],
    ['zzz', []],
  ])('finds for “%s” %j', (query, expected) => {
    expect(ids(query).toSorted()).toEqual(expected.toSorted());
  });

  it('leads with what was used lately', () => {
    expect(ids('', ['show', 'gone', 'take'])).toEqual(['show', 'take', 'new', 'import', 'settings']);
  });

  it('never throws and finds only what there is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (query) => {
        const found = ids(query);
        expect(new Set(found).size).toBe(found.length);
      }),
    );
  });
});
