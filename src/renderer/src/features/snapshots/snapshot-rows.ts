import type { StateId } from '../../../../shared/model/ids.ts';
import type { TreeNode } from './snapshot-tree.ts';

/** Deeper forks are drawn no further to the right: their names need the room. */
export const COLUMNS_MAX = 6;

/** One line of the tree as it is drawn, and what a screen reader says of its place. */
export interface TreeRow {
  readonly node: TreeNode;
  readonly parent: StateId | null;
  /** How far to the right it stands: one for each fork on the way to it. */
  readonly column: number;
  /** How a line reaches it: from above, from the column to the left, or not at all. */
  readonly from: 'root' | 'straight' | 'branch';
  /** Whether a line leaves it downwards. */
  readonly goesOn: boolean;
  /** From 1, counted along parents. */
  readonly level: number;
  /** From 1, among its siblings. */
  readonly position: number;
  readonly siblings: number;
  /** Null where there is nothing to expand. */
  readonly isExpanded: boolean | null;
  /** How many snapshots are hidden under it. */
  readonly hiddenCount: number;
}

/** The rows of a forest from top to bottom: what goes on from a snapshot stands under it. */
export function treeRows(roots: readonly TreeNode[], isCollapsed: (id: StateId) => boolean): readonly TreeRow[] {
  const rows: TreeRow[] = [];
  const ahead: Omit<TreeRow, 'goesOn' | 'isExpanded' | 'hiddenCount'>[] = [];
  const place = (nodes: readonly TreeNode[], parent: (typeof ahead)[number] | null): void => {
    nodes.forEach((node, index) => {
      const from = parent === null ? 'root' : index === nodes.length - 1 ? 'straight' : 'branch';
      const column = (parent?.column ?? 0) + (from === 'branch' ? 1 : 0);
      ahead.push({
        node,
        parent: parent?.node.snapshot.id ?? null,
        column: Math.min(column, COLUMNS_MAX - 1),
        from,
        level: (parent?.level ?? 0) + 1,
        position: index + 1,
        siblings: nodes.length,
      });
    });
  };
  // A stack, so that the first sibling's whole line is drawn before the second.
  place(roots, null);
  ahead.reverse();
  for (let row = ahead.pop(); row !== undefined; row = ahead.pop()) {
    const { children, snapshot } = row.node;
    const isExpanded = children.length === 0 ? null : !isCollapsed(snapshot.id);
    rows.push({
      ...row,
      isExpanded,
      goesOn: isExpanded === true,
      hiddenCount: isExpanded === false ? countUnder(row.node) : 0,
    });
    if (isExpanded !== true) continue;
    const end = ahead.length;
    place(children, row);
    ahead.push(...ahead.splice(end).reverse());
  }
  return rows;
}

/** How many snapshots go on from this one, directly or not. */
export function countUnder(node: TreeNode): number {
  const nodes = [...node.children];
  for (const child of nodes) nodes.push(...child.children);
  return nodes.length;
}
