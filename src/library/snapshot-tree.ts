import type { StateId } from '../shared/model/ids.ts';
import type { StateManifest } from '../shared/model/state.ts';
import type { VmRecord } from '../shared/model/vm.ts';
import { FailureError } from '../shared/result.ts';
import type { LibraryParts } from './library-parts.ts';

/*
 * Snapshots refer to the one they continue from. That one may be gone: then they are roots. These are parts of
 * changes: each runs while nobody else changes the library.
 */

/**
 * Removes a snapshot, damaged or not, from between its parent and what continues from it. They are joined first: a
 * crash in between leaves a snapshot too many, never one that lost its place.
 */
export async function removeFromTree(library: LibraryParts, id: StateId): Promise<void> {
  const { states, vms } = library;
  const listed = (await states.list()).states;
  // Of a damaged one nobody knows what it continued from.
  const parent = listed.find((state) => state.id === id)?.parent ?? null;
  const joints = jointsAround(library, listed, (await vms.list()).records, id, parent);
  const unwritten: (() => Promise<unknown>)[] = [];
  for (const join of joints) if (!(await fitsOnDisk(join))) unwritten.push(join);
  await states.remove(id);
  // To make room is what snapshots are deleted for: what could not be written before has it now, or becomes a root.
  for (const join of unwritten) await fitsOnDisk(join);
}

/** Makes what continues from a snapshot continue from its parent. */
export async function joinAround(library: LibraryParts, id: StateId, parent: StateId | null): Promise<void> {
  const listed = (await library.states.list()).states;
  for (const join of jointsAround(library, listed, (await library.vms.list()).records, id, parent)) await join();
}

function jointsAround(
  { states, vms }: LibraryParts,
  listed: readonly StateManifest[],
  records: readonly VmRecord[],
  id: StateId,
  parent: StateId | null,
): (() => Promise<unknown>)[] {
  return [
    ...listed.filter((child) => child.parent === id).map((child) => () => states.update(child.id, { parent })),
    ...records.filter((vm) => vm.parent === id).map((vm) => () => vms.put({ ...vm, parent })),
  ];
}

/** Makes a snapshot a sibling of its parent. @throws FailureError `illegal-transition` for one at the top */
export async function moveUp({ states }: LibraryParts, snapshot: StateManifest): Promise<StateManifest> {
  const parent = snapshot.parent === null ? null : await maybeGet(states, snapshot.parent);
  if (parent === null) {
    throw new FailureError(
      'illegal-transition',
      `“${snapshot.name}” is at the top of the tree already. Nothing was changed.`,
    );
  }
  return states.update(snapshot.id, { parent: parent.parent });
}

/**
 * What a machine's next state continues from. The snapshot it went on from may have been deleted while it ran, or became
 * the head of a duplicate: then the VM's record says what it continues from instead.
 */
export async function standingParent(
  { states, vms }: LibraryParts,
  parent: StateId | null,
  vmId: Parameters<LibraryParts['vms']['get']>[0] | null,
): Promise<StateId | null> {
  if (parent === null) return null;
  const found = await maybeGet(states, parent);
  if (found !== null && found.kind !== 'head') return parent;
  return vmId === null ? null : (await vms.get(vmId)).parent;
}

/** @returns null for one that is gone; a damaged one has no parent that anybody knows */
async function maybeGet(
  states: LibraryParts['states'],
  id: StateId,
): Promise<(Pick<StateManifest, 'parent'> & Partial<Pick<StateManifest, 'kind'>>) | null> {
  try {
    return await states.get(id);
  } catch (cause) {
    if (!(cause instanceof FailureError)) throw cause;
    return cause.code === 'not-found' ? null : { parent: null };
  }
}

async function fitsOnDisk(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (cause) {
    if (cause instanceof FailureError && cause.code === 'disk-full') return false;
    throw cause;
  }
}
