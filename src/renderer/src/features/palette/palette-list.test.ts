import { describe, expect, it } from 'vitest';
import type { PaletteEntry } from './palette-entries.ts';
import { PaletteList } from './palette-list.svelte.ts';

const entries: readonly PaletteEntry[] = ['one', 'two', 'three'].map((id) => ({
  id,
  title: id,
  searched: id,
  kind: '',
  keys: null,
  run: () => undefined,
}));

describe('the palette’s list', () => {
  it('is walked by keys, round its ends', () => {
    const list = new PaletteList(() => entries, []);
    const steps = ['ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowUp', 'PageUp', 'PageDown'].map((key) => {
      expect(list.move(key)).toBe(true);
      return list.active?.id;
    });
    expect(steps).toEqual(['two', 'three', 'one', 'three', 'one', 'three']);
    expect(list.move('Home')).toBe(false);
    expect(list.move('constructor')).toBe(false);
  });

  it('begins at the top for another query', () => {
    const list = new PaletteList(() => entries, ['three']);
    expect(list.active?.id).toBe('three');
    expect(list.isRecent(entries[2]!)).toBe(true);
    list.move('ArrowDown');
    list.query = 't';
    expect(list.index).toBe(0);
    expect(list.isRecent(entries[2]!)).toBe(false);
    list.query = 'zzz';
    expect(list.active).toBeNull();
    list.move('ArrowUp');
    expect(list.index).toBe(0);
  });
});
