import { CHECKPOINT_MAX_KEPT } from '../shared/model/checkpoints.ts';
import type { StateId, VmId } from '../shared/model/ids.ts';
import type { StateManifest } from '../shared/model/state.ts';
import type { VmRecord } from '../shared/model/vm.ts';
import { FailureError } from '../shared/result.ts';
import { errorCode } from './durable.ts';
import type { LibraryParts } from './library-parts.ts';
import { removeFromTree } from './snapshot-tree.ts';

/** So many restores of a VM can be undone. */
export const RESTORES_KEPT = 3;

export interface PruneWish {
  /** Just taken, so it stays, also where the clock was set back. */
  readonly newest: Pick<StateManifest, 'id' | 'vmId' | 'madeBy'>;
  /** How many of its kind there may be, with it. */
  readonly keep: number;
}

/**
 * Which snapshots that Terrarium took by itself are too many now, oldest first: those of the same VM and the same
 * maker beyond `keep`. What a person has a hand in is theirs and never among them: protected ones, ones with a note or
 * tags, and what a VM resumes from. Renaming one makes a person its maker.
 */
export function planPruning(
  snapshots: readonly StateManifest[],
  vms: readonly Pick<VmRecord, 'head'>[],
  { newest, keep }: PruneWish,
): readonly StateId[] {
  const heads = new Set(vms.map(({ head }) => head));
  const others = snapshots.filter(
    (one) =>
      one.kind === 'snapshot' &&
      one.id !== newest.id &&
      one.vmId === newest.vmId &&
      one.madeBy === newest.madeBy &&
      !one.isProtected &&
      one.note === '' &&
      one.tags.length === 0 &&
      !heads.has(one.id),
  );
  const oldestFirst = others.sort((a, b) => compare(a.createdAt, b.createdAt) || compare(a.id, b.id));
  return oldestFirst.slice(0, Math.max(0, others.length - (keep - 1))).map(({ id }) => id);
}

/** A part of a change: removes what a snapshot that Terrarium took by itself makes one too many. */
export async function pruneAutomatic(library: LibraryParts, newest: StateManifest): Promise<void> {
  const { vmId, madeBy } = newest;
  if (vmId === null || madeBy === 'person') return;
  try {
    const { records } = await library.vms.list();
    const keep = madeBy === 'restore' ? RESTORES_KEPT : checkpointsKept(records, vmId);
    const { states } = await library.states.list();
    for (const id of planPruning(states, records, { newest, keep })) await removeFromTree(library, id);
  } catch (cause) {
    // The new one is safe, and what is too many now still is when the next is taken.
    if (!(cause instanceof FailureError) && errorCode(cause) === null) throw cause;
  }
}

function checkpointsKept(vms: readonly VmRecord[], id: VmId): number {
  // Switched off while one was being taken: none is lost for that.
  return vms.find((vm) => vm.id === id)?.checkpoints?.keep ?? CHECKPOINT_MAX_KEPT;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
