import type { StateId } from '../../../../shared/model/ids.ts';
import type { SnapshotSummary } from '../../../../shared/model/state.ts';
import type { TreeNode } from './snapshot-tree.ts';

/** Whether a snapshot's name, note and tags have each of the words, in any case and order. */
export function matches(snapshot: Pick<SnapshotSummary, 'name' | 'note' | 'tags'>, query: string): boolean {
  const text = [snapshot.name, snapshot.note, ...snapshot.tags].join('\n').toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

export interface Found {
  /** What was found, and the way to it. */
  readonly roots: readonly TreeNode[];
  readonly ids: ReadonlySet<StateId>;
}

/** Leaves of the forest what a query asks for and what it goes on from; all of it for an empty query. */
export function searchTree(roots: readonly TreeNode[], query: string): Found {
  const ids = new Set<StateId>();
  if (query.trim() === '') return { roots, ids };
  const inOrder = [...roots];
  for (const node of inOrder) inOrder.push(...node.children);
  const kept = new Map<StateId, TreeNode>();
  // Leaves first, so that a node knows what is kept under it; without recursion, as when it was built.
  for (const node of inOrder.reverse()) {
    const { id } = node.snapshot;
    const isFound = matches(node.snapshot, query.trim());
    const children = node.children.flatMap((child) => kept.get(child.snapshot.id) ?? []);
    if (isFound) ids.add(id);
    if (isFound || children.length > 0) kept.set(id, { ...node, children });
  }
  return { roots: roots.flatMap(({ snapshot }) => kept.get(snapshot.id) ?? []), ids };
}
