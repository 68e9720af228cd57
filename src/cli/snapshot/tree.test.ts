import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StateId, VmId } from '../../shared/model/ids.ts';
import { treeLines } from './tree.ts';

/** `child<parent@vm`, in the order in which they were taken. */
function snapshots(...words: string[]) {
  return words.map((word, at) => {
    const [, id = '', parent, vm = 'one'] = /^(\w+)(?:<(\w+))?(?:@(\w+))?$/.exec(word) ?? [];
    return {
      id: id as StateId,
      parent: (parent ?? null) as StateId | null,
      vmId: vm as VmId,
      createdAt: new Date(Date.UTC(2026, 0, 1, 0, at)).toISOString(),
    };
  });
}

const drawn = (...words: string[]): string[] =>
  treeLines(snapshots(...words)).map(({ prefix, snapshot }) => prefix + snapshot.id);

describe('a tree of snapshots', () => {
  it('is a plain list where nothing goes on from anything', () => {
    expect(drawn('a', 'b', 'c<gone')).toEqual(['a', 'b', 'c']);
  });

  it('draws one history straight down, and what was forked from it to its right', () => {
    expect(drawn('a', 'b<a', 'x<a@two', 'y<x@two', 'z<a@three', 'c<b', 'other')).toEqual([
      '┌ a',
      '├─┬ x',
      '│ └ y',
      '├─ z',
      '├ b',
      '└ c',
      'other',
    ]);
  });

  it('goes straight on with the newest of the same VM', () => {
    expect(drawn('a', 'b<a', 'c<a', 'd<a@two')).toEqual(['┌ a', '├─ b', '├─ d', '└ c']);
  });

  it('does not go further to the right than names leave room for', () => {
    const chain = Array.from({ length: 30 }, (_, i) => [`s${i + 1}<s${i}@v${i}`, `t${i + 1}<s${i}@one`]).flat();
    const widest = Math.max(...drawn('s0', ...chain).map((line) => line.search(/\w/)));
    expect(widest).toBe(18);
  });

  it('has each snapshot once, whatever their parents say, and a parent above its children', () => {
    const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
    fc.assert(
      fc.property(fc.array(fc.option(fc.constantFrom(...ids, 'gone')), { minLength: 6, maxLength: 6 }), (parents) => {
        const list = ids.map((id, at) => ({
          id: id as StateId,
          parent: (parents[at] ?? null) as StateId | null,
          vmId: null,
          createdAt: `2026-01-0${at + 1}`,
        }));
        const order = treeLines(list).map(({ snapshot }) => snapshot.id as string);
        expect([...order].sort()).toEqual(ids);
        const inCircle = (id: string): boolean => {
          const seen = new Set<string>();
          for (let at: string | null = id; at !== null; at = parents[ids.indexOf(at)] ?? null) {
            if (seen.has(at)) return true;
            seen.add(at);
          }
          return false;
        };
        for (const { id, parent } of list) {
          if (parent === null || !order.includes(parent) || inCircle(id)) continue;
          expect(order.indexOf(parent)).toBeLessThan(order.indexOf(id));
        }
      }),
    );
  });
});
