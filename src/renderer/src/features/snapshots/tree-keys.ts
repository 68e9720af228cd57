import type { StateId } from '../../../../shared/model/ids.ts';
import type { TreeRow } from './snapshot-rows.ts';

/** What a key does to a tree (WAI-ARIA's pattern of a tree view). */
export type TreeStep =
  | { readonly kind: 'go'; readonly to: StateId }
  | { readonly kind: 'expand' | 'collapse'; readonly id: StateId }
  | { readonly kind: 'restore' | 'delete' | 'rename'; readonly id: StateId };

const ACTIONS: ReadonlyMap<string, 'restore' | 'delete' | 'rename'> = new Map([
  ['Enter', 'restore'],
  ['Delete', 'delete'],
  ['F2', 'rename'],
]);

/** @returns what a key does where the focus is; null for a key the tree has no use for, or nowhere to go */
export function treeStep(rows: readonly TreeRow[], current: StateId | null, key: string): TreeStep | null {
  const at = rows.findIndex((row) => row.node.snapshot.id === current);
  const row = rows[at];
  const go = (target: TreeRow | undefined): TreeStep | null =>
    target === undefined || target === row ? null : { kind: 'go', to: target.node.snapshot.id };
  if (key === 'Home') return go(rows[0]);
  if (key === 'End') return go(rows.at(-1));
  if (row === undefined || current === null) return null;
  const action = ACTIONS.get(key);
  if (action !== undefined) return { kind: action, id: current };
  switch (key) {
    case 'ArrowDown':
      return go(rows[at + 1]);
    case 'ArrowUp':
      return go(rows[Math.max(0, at - 1)]);
    case 'ArrowRight':
      if (row.isExpanded === false) return { kind: 'expand', id: current };
      return row.isExpanded === true ? go(rows[at + 1]) : null;
    case 'ArrowLeft':
      if (row.isExpanded === true) return { kind: 'collapse', id: current };
      return go(rows.find((other) => other.node.snapshot.id === row.parent));
    default:
      return null;
  }
}
