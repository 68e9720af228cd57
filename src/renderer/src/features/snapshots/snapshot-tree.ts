import type { StateId, VmId } from '../../../../shared/model/ids.ts';
import type { SnapshotSummary } from '../../../../shared/model/state.ts';
import type { VmRecord } from '../../../../shared/model/vm.ts';

/** A snapshot with everything that goes on from it. */
export interface TreeNode {
  readonly snapshot: SnapshotSummary;
  /** Oldest first, but the last is the one whose line is drawn straight on. */
  readonly children: readonly TreeNode[];
  /** The VMs that stand here: their history continues from this snapshot. */
  readonly vms: readonly VmRecord[];
}

/**
 * The forest of all snapshots, oldest root first. A snapshot whose parent is gone is a root. Manifests may come from
 * others and be wrong: where they go in circles, the oldest of the circle is taken for its root.
 */
export function buildTree(snapshots: readonly SnapshotSummary[], vms: readonly VmRecord[]): readonly TreeNode[] {
  const oldestFirst = [...snapshots].sort((a, b) => a.createdAt.localeCompare(b.createdAt));
  const roots = new Set(rootsOf(oldestFirst).map(({ id }) => id));
  const childrenOf = new Map<StateId, SnapshotSummary[]>();
  for (const snapshot of oldestFirst) {
    if (snapshot.parent === null || roots.has(snapshot.id)) continue;
    const siblings = childrenOf.get(snapshot.parent);
    if (siblings) siblings.push(snapshot);
    else childrenOf.set(snapshot.parent, [snapshot]);
  }
  const vmsAt = (id: StateId): readonly VmRecord[] => vms.filter((vm) => vm.parent === id);
  // Leaves first, without recursion: a lineage of checkpoints is as deep as it is long.
  const nodes = new Map<StateId, TreeNode>();
  const newest = new Map<StateId, string>();
  const inOrder = oldestFirst.filter(({ id }) => roots.has(id));
  for (const snapshot of inOrder) inOrder.push(...(childrenOf.get(snapshot.id) ?? []));
  for (const snapshot of inOrder.reverse()) {
    const children = (childrenOf.get(snapshot.id) ?? []).flatMap((child) => nodes.get(child.id) ?? []);
    const newestOf = (node: TreeNode): string => newest.get(node.snapshot.id) ?? '';
    const ordered = straightLast(snapshot.vmId, children, newestOf);
    nodes.set(snapshot.id, { snapshot, children: ordered, vms: vmsAt(snapshot.id) });
    newest.set(
      snapshot.id,
      children.map(newestOf).reduce((a, b) => (a > b ? a : b), snapshot.createdAt),
    );
  }
  return oldestFirst.flatMap(({ id }) => (roots.has(id) ? (nodes.get(id) ?? []) : []));
}

/** Where a walk along parents ends, for each snapshot once. */
function rootsOf(oldestFirst: readonly SnapshotSummary[]): readonly SnapshotSummary[] {
  const byId = new Map(oldestFirst.map((snapshot) => [snapshot.id, snapshot]));
  const parentOf = ({ parent }: SnapshotSummary): SnapshotSummary | undefined =>
    parent === null ? undefined : byId.get(parent);
  const roots: SnapshotSummary[] = [];
  const settled = new Set<SnapshotSummary>();
  for (const start of oldestFirst) {
    const walked = new Set<SnapshotSummary>();
    let at: SnapshotSummary | undefined = start;
    let top = start;
    while (at !== undefined && !settled.has(at) && !walked.has(at)) {
      walked.add(at);
      top = at;
      at = parentOf(at);
    }
    for (const snapshot of walked) settled.add(snapshot);
    if (at === undefined) roots.push(top);
    // Back at what this very walk has passed: a circle.
    else if (walked.has(at)) roots.push(oldestOfCircle(at, parentOf));
  }
  return roots;
}

function oldestOfCircle(
  start: SnapshotSummary,
  parentOf: (snapshot: SnapshotSummary) => SnapshotSummary | undefined,
): SnapshotSummary {
  let oldest = start;
  for (let at = parentOf(start); at !== undefined && at !== start; at = parentOf(at)) {
    if (at.createdAt < oldest.createdAt) oldest = at;
  }
  return oldest;
}

/** The same VM's history goes straight on, the liveliest of it where there are several; forks branch off. */
function straightLast(
  vmId: VmId | null,
  children: readonly TreeNode[],
  newestOf: (node: TreeNode) => string,
): readonly TreeNode[] {
  let straight: TreeNode | null = null;
  for (const child of children) {
    const isOwn = child.snapshot.vmId === vmId;
    const wasOwn = straight?.snapshot.vmId === vmId;
    const isNewer = straight === null || newestOf(child) >= newestOf(straight);
    if (straight === null || (isOwn && !wasOwn) || (isOwn === wasOwn && isNewer)) straight = child;
  }
  return straight === null ? [] : [...children.filter((child) => child !== straight), straight];
}
