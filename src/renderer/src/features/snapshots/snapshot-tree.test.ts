import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StateId, VmId } from '../../../../shared/model/ids.ts';
import type { SnapshotSummary } from '../../../../shared/model/state.ts';
import type { VmRecord } from '../../../../shared/model/vm.ts';
import { countUnder, treeRows, COLUMNS_MAX } from './snapshot-rows.ts';
import { matches, searchTree } from './snapshot-search.ts';
import { buildTree, type TreeNode } from './snapshot-tree.ts';
import { treeStep } from './tree-keys.ts';

let clock = 0;
/** A snapshot, newer than those made before it. */
function snapshot(id: string, parent: string | null, vmId = 'vm-a', more: Partial<SnapshotSummary> = {}) {
  clock += 1000;
  const made: Partial<SnapshotSummary> = {
    id: id as StateId,
    name: id,
    note: '',
    tags: [],
    parent: parent as StateId | null,
    vmId: vmId as VmId,
    createdAt: new Date(clock).toISOString(),
    ...more,
  };
  return made as SnapshotSummary;
}
const vm = (id: string, parent: string | null): VmRecord => ({ id, parent }) as VmRecord;
const shape = (nodes: readonly TreeNode[]): unknown[] =>
  nodes.map(({ snapshot: { id }, children }) => (children.length === 0 ? id : [id, ...shape(children)]));
const expanded = (): boolean => false;
/** Rows as a person sees them. */
const drawn = (nodes: readonly TreeNode[], isCollapsed: (id: StateId) => boolean = expanded): string[] =>
  treeRows(nodes, isCollapsed).map(
    ({ column, from, node }) =>
      `${'  '.repeat(column)}${{ root: '*', straight: '|', branch: '>' }[from]}${node.snapshot.id}`,
  );

describe('the tree of snapshots', () => {
  it('draws a history straight on, its forks to the right, and each line to its end', () => {
    const tree = buildTree(
      [
        snapshot('base', null),
        snapshot('fork-1', 'base', 'vm-b'),
        snapshot('next', 'base'),
        snapshot('fork-2', 'fork-1', 'vm-b'),
        snapshot('other', null, 'vm-c'),
        snapshot('last', 'next'),
      ],
      [],
    );
    expect(drawn(tree)).toEqual(['*base', '  >fork-1', '  |fork-2', '|next', '|last', '*other']);
  });

  it('goes straight on with the liveliest line of the same VM', () => {
    const all = [snapshot('a', null), snapshot('b', 'a'), snapshot('c', 'a'), snapshot('d', 'b')];
    expect(drawn(buildTree(all, []))).toEqual(['*a', '  >c', '|b', '|d']);
  });

  it('takes a snapshot without its parent for a root', () => {
    expect(shape(buildTree([snapshot('a', 'gone'), snapshot('b', 'a')], []))).toEqual([['a', 'b']]);
  });

  it('breaks circles at their oldest', () => {
    const all = [snapshot('x', 'z'), snapshot('y', 'x'), snapshot('z', 'y'), snapshot('self', 'self')];
    expect(shape(buildTree(all, []))).toEqual([['x', ['y', 'z']], 'self']);
  });

  it('says where VMs stand', () => {
    const [root] = buildTree([snapshot('a', null)], [vm('vm-1', 'a'), vm('vm-2', null), vm('vm-3', 'a')]);
    expect(root?.vms.map(({ id }) => id)).toEqual(['vm-1', 'vm-3']);
  });

  it('has every snapshot exactly once, under its parent, whatever the parents are', () => {
    const names = Array.from({ length: 12 }, (_, index) => `s${index}`);
    const parents = fc.array(fc.constantFrom(null, 'gone', ...names), { minLength: 12, maxLength: 12 });
    fc.assert(
      fc.property(parents, (chosen) => {
        const all = names.map((name, index) => snapshot(name, chosen[index] ?? null));
        const rows = treeRows(buildTree(all, []), expanded);
        expect(rows.map(({ node }) => node.snapshot.id).sort()).toEqual([...names].sort());
        rows.forEach((row, index) => {
          if (row.parent === null) return;
          expect(row.node.snapshot.parent).toBe(row.parent);
          expect(rows.findIndex(({ node }) => node.snapshot.id === row.parent)).toBeLessThan(index);
        });
      }),
    );
  });

  it('takes thousands in one line, and draws deep forks no further right than there is room', () => {
    const line = Array.from({ length: 5000 }, (_, index) =>
      snapshot(`l${index}`, index === 0 ? null : `l${index - 1}`),
    );
    const rows = treeRows(buildTree(line, []), expanded);
    expect(rows.at(-1)).toMatchObject({ column: 0, level: 5000 });
    const forks = Array.from({ length: 30 }, (_, index) => [
      snapshot(`f${index}`, index === 0 ? null : `f${index - 1}`, `vm-${index}`),
      snapshot(`g${index}`, index === 0 ? null : `f${index - 1}`, `vm-${index - 1}`),
    ]);
    const columns = treeRows(buildTree(forks.flat(), []), expanded).map(({ column }) => column);
    expect(Math.max(...columns)).toBe(COLUMNS_MAX - 1);
  });

  it('hides what is under a collapsed one and counts it', () => {
    const all = [snapshot('a', null), snapshot('b', 'a'), snapshot('c', 'b'), snapshot('d', null)];
    const tree = buildTree(all, []);
    const rows = treeRows(tree, (id) => id === 'a');
    expect(rows.map(({ node, isExpanded, hiddenCount }) => [node.snapshot.id, isExpanded, hiddenCount])).toEqual([
      ['a', false, 2],
      ['d', null, 0],
    ]);
    expect(rows.map(({ level, position, siblings }) => [level, position, siblings])).toEqual([
      [1, 1, 2],
      [1, 2, 2],
    ]);
    expect(countUnder(tree[0]!)).toBe(2);
  });
});

describe('searching', () => {
  it('looks at names, notes and tags, for each word in any case', () => {
    const found = { name: 'Before Upgrade', note: 'kernel 6.1', tags: ['keep', 'ci'] };
    for (const query of ['upgrade', 'UPGRADE before', 'kernel keep', 'ci']) expect(matches(found, query)).toBe(true);
    for (const query of ['downgrade', 'upgrade gone']) expect(matches(found, query)).toBe(false);
  });

  it('leaves what was found and the way to it', () => {
    const all = [
      snapshot('a', null),
      snapshot('b', 'a'),
      snapshot('c', 'b', 'vm-a', { tags: ['gold'] }),
      snapshot('d', 'a'),
    ];
    const { roots, ids } = searchTree(buildTree(all, []), ' Gold ');
    expect(shape(roots)).toEqual([['a', ['b', 'c']]]);
    expect([...ids]).toEqual(['c']);
    expect(searchTree(buildTree(all, []), 'nothing like it').roots).toEqual([]);
    expect(shape(searchTree(buildTree(all, []), ' ').roots)).toEqual([['a', ['b', 'c'], 'd']]);
  });
});

describe('keys in the tree', () => {
  const tree = buildTree(
    [snapshot('a', null), snapshot('b', 'a'), snapshot('c', 'a', 'vm-b'), snapshot('d', null)],
    [],
  );
  const step = (current: string | null, key: string, collapsed = ''): unknown =>
    treeStep(
      treeRows(tree, (id) => id === collapsed),
      current as StateId | null,
      key,
    );
  // Drawn: a, c (a fork), b, d.
  it.each([
    ['a', 'ArrowDown', { kind: 'go', to: 'c' }],
    ['d', 'ArrowDown', null],
    ['b', 'ArrowUp', { kind: 'go', to: 'c' }],
    ['a', 'ArrowUp', null],
    ['b', 'Home', { kind: 'go', to: 'a' }],
    ['a', 'Home', null],
    [null, 'End', { kind: 'go', to: 'd' }],
    ['a', 'ArrowRight', { kind: 'go', to: 'c' }],
    ['d', 'ArrowRight', null],
    ['a', 'ArrowLeft', { kind: 'collapse', id: 'a' }],
    ['b', 'ArrowLeft', { kind: 'go', to: 'a' }],
    ['d', 'ArrowLeft', null],
    ['b', 'Enter', { kind: 'restore', id: 'b' }],
    ['b', 'Delete', { kind: 'delete', id: 'b' }],
    ['b', 'F2', { kind: 'rename', id: 'b' }],
    [null, 'Delete', null],
    ['gone', 'Enter', null],
    ['a', 'x', null],
    ['a', 'constructor', null],
  ])('at %s, %s does %j', (current, key, expected) => {
    expect(step(current, key)).toEqual(expected);
  });

  it('opens what is collapsed', () => {
    expect(step('a', 'ArrowRight', 'a')).toEqual({ kind: 'expand', id: 'a' });
    expect(step('a', 'ArrowDown', 'a')).toEqual({ kind: 'go', to: 'd' });
  });
});
