import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  equalised,
  growPane,
  leavesOf,
  moveBorder,
  neighbourOf,
  rectsOf,
  splitPane,
  withoutPane,
  type Direction,
  type Leaf,
  type PaneNode,
} from './pane-tree.ts';

const leaf = (pane: number): Leaf<string> => ({ kind: 'leaf', pane, content: `terminal ${pane}` });
const DIRECTIONS: readonly Direction[] = ['left', 'right', 'up', 'down'];
const OPPOSITE: Record<Direction, Direction> = { left: 'right', right: 'left', up: 'down', down: 'up' };

type Step =
  | { readonly do: 'split'; readonly at: number; readonly side: Direction }
  | { readonly do: 'close'; readonly at: number }
  | { readonly do: 'grow'; readonly at: number; readonly axis: 'row' | 'column'; readonly by: number };
const steps = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('split' as const), at: fc.nat(), side: fc.constantFrom(...DIRECTIONS) }),
    fc.record({ do: fc.constant('close' as const), at: fc.nat() }),
    fc.record({
      do: fc.constant('grow' as const),
      at: fc.nat(),
      axis: fc.constantFrom('row' as const, 'column' as const),
      by: fc.double({ min: -1, max: 1, noNaN: true }),
    }),
  ),
  { maxLength: 25 },
);

function build(list: readonly Step[]): { tree: PaneNode<string>; panes: number[] } {
  let tree: PaneNode<string> = leaf(1);
  let last = 1;
  let panes = [1];
  for (const step of list) {
    const pane = panes[step.at % panes.length] ?? 1;
    if (step.do === 'split') {
      last += 1;
      tree = splitPane(tree, pane, step.side, leaf(last));
      panes.push(last);
    } else if (step.do === 'grow') {
      tree = growPane(tree, pane, step.axis, step.by);
    } else if (panes.length > 1) {
      tree = withoutPane(tree, pane) ?? tree;
      panes = panes.filter((each) => each !== pane);
    }
  }
  return { tree, panes };
}

function checkShape(node: PaneNode<string>): void {
  if (node.kind === 'leaf') return;
  expect(node.children.length).toBeGreaterThan(1);
  expect(node.sizes.length).toBe(node.children.length);
  expect(node.sizes.reduce((sum, size) => sum + size, 0)).toBeCloseTo(1);
  for (const size of node.sizes) expect(size).toBeGreaterThan(0);
  for (const child of node.children) {
    expect(child.kind).not.toBe(node.kind);
    checkShape(child);
  }
}

describe('a tree of panes', () => {
  it('keeps every pane once, is flat, and fills its area, whatever is done to it', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const { tree, panes } = build(list);
        expect(
          leavesOf(tree)
            .map(({ pane }) => pane)
            .toSorted((a, b) => a - b),
        ).toEqual(panes.toSorted((a, b) => a - b));
        checkShape(tree);
        const area = rectsOf(tree).reduce((sum, { width, height }) => sum + width * height, 0);
        expect(area).toBeCloseTo(1);
      }),
    );
  });

  it('leads back: whoever goes to a neighbour has the first one as a neighbour on the way back', () => {
    fc.assert(
      fc.property(steps, fc.constantFrom(...DIRECTIONS), (list, direction) => {
        const { tree, panes } = build(list);
        for (const pane of panes) {
          const next = neighbourOf(tree, pane, direction);
          if (next === null) continue;
          expect(next).not.toBe(pane);
          expect(neighbourOf(tree, next, OPPOSITE[direction])).not.toBe(null);
        }
      }),
    );
  });

  it('undoes a split by closing what it added', () => {
    fc.assert(
      fc.property(steps, fc.nat(), fc.constantFrom(...DIRECTIONS), (list, at, side) => {
        const { tree, panes } = build(list);
        const pane = panes[at % panes.length] ?? 1;
        const back = withoutPane(splitPane(tree, pane, side, leaf(999)), 999);
        expect(back && leavesOf(back)).toEqual(leavesOf(tree));
      }),
    );
  });

  it('splits beside and below, and finds its neighbours', () => {
    const two = splitPane(leaf(1), 1, 'right', leaf(2));
    const three = splitPane(two, 2, 'down', leaf(3));
    expect(rectsOf(three)).toEqual([
      { pane: 1, left: 0, top: 0, width: 0.5, height: 1 },
      { pane: 2, left: 0.5, top: 0, width: 0.5, height: 0.5 },
      { pane: 3, left: 0.5, top: 0.5, width: 0.5, height: 0.5 },
    ]);
    expect(neighbourOf(three, 3, 'left')).toBe(1);
    expect(neighbourOf(three, 3, 'up')).toBe(2);
    expect(neighbourOf(three, 1, 'left')).toBe(null);
  });

  it('leaves each pane some room when a border is moved far, and evens out', () => {
    const two = splitPane(leaf(1), 1, 'right', leaf(2));
    const narrow = moveBorder(two, { path: [], index: 0 }, -5);
    expect(rectsOf(narrow)[0]?.width).toBeCloseTo(0.08);
    expect(rectsOf(equalised(narrow))[0]?.width).toBeCloseTo(0.5);
    expect(moveBorder(two, { path: [3], index: 7 }, 0.1)).toEqual(two);
  });

  it('is empty when its only pane is closed', () => {
    expect(withoutPane(leaf(1), 1)).toBe(null);
  });
});
