import { describe, expect, it } from 'vitest';
import type { FileChange, FileChanges } from '../../../../shared/model/file-changes.ts';
import { compareRows, shownPath } from './compare-rows.ts';

function changesOf(paths: readonly string[]): FileChanges {
  const changes = paths.map((path): FileChange => ({
    path,
    change: 'added',
    kind: 'file',
    sizeBefore: null,
    sizeAfter: 1,
    differs: [],
  }));
  return { changes, addedCount: changes.length, removedCount: 0, changedCount: 0 };
}

describe('the changes between two snapshots', () => {
  it('are found by any part of their path, in any case', () => {
    const changes = changesOf(['etc/Hosts', 'root/a', 'etc/b']);
    expect(compareRows(changes, ' ETC ').rows.map(({ path }) => path)).toEqual(['etc/Hosts', 'etc/b']);
    expect(compareRows(changes, '').count).toBe(3);
  });

  it('are not all drawn when they are many, but counted', () => {
    const { rows, count } = compareRows(changesOf(Array.from({ length: 900 }, (_, index) => `f${index}`)), '');
    expect([rows.length, count]).toEqual([500, 900]);
  });

  it('show no character that plays tricks', () => {
    const [change] = changesOf(['a\u202egpj.exe\n']).changes;
    expect(change && shownPath(change)).toBe('/a\u{fffd}gpj.exe\u{fffd}');
  });
});
