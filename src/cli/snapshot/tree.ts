import type { StateManifest } from '../../shared/model/state.ts';

type Snapshot = Pick<StateManifest, 'id' | 'parent' | 'vmId' | 'createdAt'>;

/** A snapshot in the order in which a tree is printed. */
export interface TreeLine<T extends Snapshot> {
  readonly snapshot: T;
  /** Lines that lead to it, to be put before its name; empty where nothing goes on. */
  readonly prefix: string;
}

/** Deeper forks are drawn no further to the right: their names need the room. */
const COLUMNS_MAX = 8;

/**
 * Snapshots as a tree: what goes on from one stands below it. One history goes straight down, since it may be long;
 * what was forked from it stands one column to the right. Whose parent is gone is a root; where parents go in circles,
 * the oldest is.
 */
export function treeLines<T extends Snapshot>(snapshots: readonly T[]): readonly TreeLine<T>[] {
  const oldestFirst = [...snapshots].sort((a, b) =>
    a.createdAt < b.createdAt ? -1 : a.createdAt > b.createdAt ? 1 : 0,
  );
  const ids = new Set(snapshots.map(({ id }) => id));
  const childrenOf = new Map<string, T[]>();
  for (const snapshot of oldestFirst) {
    if (snapshot.parent === null) continue;
    const siblings = childrenOf.get(snapshot.parent);
    if (siblings) siblings.push(snapshot);
    else childrenOf.set(snapshot.parent, [snapshot]);
  }
  const lines: TreeLine<T>[] = [];
  const placed = new Set<string>();
  const isRoot = ({ parent }: T): boolean => parent === null || !ids.has(parent);
  // Those in circles have no root among them: whatever is left is begun with.
  for (const root of [...oldestFirst.filter(isRoot), ...oldestFirst]) {
    // A stack of our own: a lineage of checkpoints is as deep as it is long.
    const ahead: Place<T>[] = [{ snapshot: root, column: 0, from: 'root' }];
    for (let place = ahead.pop(); place !== undefined; place = ahead.pop()) {
      const { snapshot, column } = place;
      if (placed.has(snapshot.id)) continue;
      placed.add(snapshot.id);
      const children = (childrenOf.get(snapshot.id) ?? []).filter(({ id }) => !placed.has(id));
      lines.push({ snapshot, prefix: prefixOf(place, children.length > 0) });
      const straight = straightOn(snapshot, children);
      if (straight) ahead.push({ snapshot: straight, column, from: 'straight' });
      const branches = children.filter((child) => child !== straight).reverse();
      for (const branch of branches) {
        ahead.push({ snapshot: branch, column: Math.min(column + 1, COLUMNS_MAX), from: 'branch' });
      }
    }
  }
  return lines;
}

interface Place<T> {
  readonly snapshot: T;
  readonly column: number;
  readonly from: 'root' | 'straight' | 'branch';
}

function prefixOf({ column, from }: Place<unknown>, goesOn: boolean): string {
  switch (from) {
    case 'root':
      return goesOn ? '┌ ' : '';
    case 'straight':
      return `${'│ '.repeat(column)}${goesOn ? '├ ' : '└ '}`;
    case 'branch':
      return `${'│ '.repeat(column - 1)}├─${goesOn ? '┬ ' : ' '}`;
  }
}

/** The same VM's history goes straight on, its newest snapshot where there are several. */
function straightOn<T extends Snapshot>({ vmId }: Snapshot, oldestFirst: readonly T[]): T | undefined {
  return oldestFirst.findLast((child) => child.vmId === vmId) ?? oldestFirst.at(-1);
}
