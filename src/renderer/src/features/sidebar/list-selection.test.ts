import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  among,
  choose,
  choosing,
  choosingAll,
  focusing,
  nothingChosen,
  rowByKey,
  type ListSelection,
} from './list-selection.ts';

const IDS = ['a', 'b', 'c', 'd', 'e'];
const PLAIN = { adds: false, extends: false };
const CONTROL = { adds: true, extends: false };
const SHIFT = { adds: false, extends: true };
const chosen = (selection: ListSelection<string>): string => [...selection.chosen].sort().join('');

describe('a selection in a list', () => {
  it('is the row that was clicked', () => {
    expect(choosing(IDS, nothingChosen(), 'b', PLAIN)).toEqual(choose('b'));
    expect(chosen(choosing(IDS, choosingAll(IDS, choose('a')), 'b', PLAIN))).toBe('b');
  });

  it('has single rows added and taken away with Control', () => {
    const two = choosing(IDS, choose('b'), 'd', CONTROL);
    expect(chosen(two)).toBe('bd');
    expect(chosen(choosing(IDS, two, 'b', CONTROL))).toBe('d');
  });

  it('reaches from where it began with Shift, in either direction', () => {
    const down = choosing(IDS, choose('b'), 'd', SHIFT);
    expect(chosen(down)).toBe('bcd');
    expect(chosen(choosing(IDS, down, 'a', SHIFT))).toBe('ab');
    expect(chosen(choosing(IDS, nothingChosen(), 'c', SHIFT))).toBe('c');
    const apart = choosing(IDS, choosing(IDS, choose('a'), 'c', CONTROL), 'e', { adds: true, extends: true });
    expect(chosen(apart)).toBe('acde');
  });

  it('stays where only the keyboard moves', () => {
    expect(focusing(choose('a'), 'c')).toEqual({ ...choose('a'), focus: 'c' });
  });

  it('has nothing that is not in the list, whatever is done', () => {
    const id = fc.constantFrom(...IDS);
    const step = fc.record({ id, adds: fc.boolean(), extends: fc.boolean(), gone: fc.option(id) });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        let ids = [...IDS];
        let selection = nothingChosen<string>();
        for (const { id: to, gone, ...modifiers } of steps) {
          if (ids.includes(to)) selection = choosing(ids, selection, to, modifiers);
          if (ids.includes(to)) expect(selection.focus).toBe(to);
          ids = ids.filter((one) => one !== gone);
          selection = among(ids, selection);
          for (const one of selection.chosen) expect(ids).toContain(one);
          for (const one of [selection.anchor, selection.focus]) if (one !== null) expect(ids).toContain(one);
        }
      }),
    );
  });

  it('is led through the rows by keys', () => {
    expect(rowByKey(IDS, 'b', 'ArrowDown', 3)).toBe('c');
    expect(rowByKey(IDS, 'e', 'ArrowDown', 3)).toBe('e');
    expect(rowByKey(IDS, null, 'ArrowDown', 3)).toBe('a');
    expect(rowByKey(IDS, null, 'ArrowUp', 3)).toBe('e');
    expect(rowByKey(IDS, 'a', 'ArrowUp', 3)).toBe('a');
    expect(rowByKey(IDS, 'a', 'PageDown', 3)).toBe('d');
    expect(rowByKey(IDS, 'd', 'PageUp', 9)).toBe('a');
    expect(rowByKey(IDS, 'c', 'End', 3)).toBe('e');
    expect(rowByKey(IDS, 'c', 'x', 3)).toBeNull();
    expect(rowByKey([], null, 'Home', 3)).toBeNull();
  });
});
