import type { StateId } from '../../shared/model/ids.ts';
import type { StateManifest } from '../../shared/model/state.ts';

/** A snapshot and all that come after it, parents first. */
export function subtree(snapshots: readonly StateManifest[], root: StateId): readonly StateId[] {
  const found = new Set<StateId>([root]);
  // A set is walked in the order in which it grows, so what is added here gets its turn.
  for (const id of found) for (const snapshot of snapshots) if (snapshot.parent === id) found.add(snapshot.id);
  return [...found];
}

/** The same states, each after its parent where that is among them. A circle, which only damage can make, ends it nowhere. */
export function parentsFirst(states: readonly StateManifest[]): readonly StateManifest[] {
  const byId = new Map(states.map((state) => [state.id, state]));
  const ordered = new Set<StateManifest>();
  for (const state of states) {
    const line: StateManifest[] = [];
    let next: StateManifest | undefined = state;
    while (next !== undefined && !ordered.has(next) && !line.includes(next)) {
      line.push(next);
      next = next.parent === null ? undefined : byId.get(next.parent);
    }
    for (const one of line.reverse()) ordered.add(one);
  }
  return [...ordered];
}
