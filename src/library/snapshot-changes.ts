import type { StateId } from '../shared/model/ids.ts';
import { parseName, parseNote, parseTags } from '../shared/model/names.ts';
import type { SnapshotChanges, StateManifest } from '../shared/model/state.ts';
import { FailureError, unwrap } from '../shared/result.ts';
import type { LibraryParts } from './library-parts.ts';
import { moveUp, removeFromTree } from './snapshot-tree.ts';
import type { ManifestChanges } from './state-store.ts';

/** @throws FailureError `not-found` for what is no snapshot, `damaged` */
export async function getSnapshot({ states }: LibraryParts, id: StateId): Promise<StateManifest> {
  const manifest = await states.get(id);
  if (manifest.kind !== 'snapshot') throw noSuchSnapshot();
  return manifest;
}

/** A part of a change: what a person writes about a snapshot. @throws FailureError `bad-input`, `not-found` */
export async function updateSnapshot(
  library: LibraryParts,
  id: StateId,
  changes: SnapshotChanges,
): Promise<StateManifest> {
  const before = await getSnapshot(library, id);
  const { name, note, tags, isProtected } = changes;
  const newName = name === undefined ? before.name : unwrap(parseName('snapshot', name));
  const checked: ManifestChanges = {
    // One of Terrarium's own that a person names is theirs from now on.
    ...(newName !== before.name && { name: newName, madeBy: 'person' as const }),
    ...(note !== undefined && { note: unwrap(parseNote(note)) }),
    ...(tags !== undefined && { tags: unwrap(parseTags(tags)) }),
    ...(isProtected !== undefined && { isProtected }),
  };
  return Object.keys(checked).length === 0 ? before : library.states.update(id, checked);
}

/** A part of a change. @throws FailureError `illegal-transition` for one at the top, `not-found` */
export async function moveSnapshotUp(library: LibraryParts, id: StateId): Promise<StateManifest> {
  return moveUp(library, await getSnapshot(library, id));
}

/**
 * A part of a change: what continues from it continues from its parent then.
 * @throws FailureError `busy` while it is protected or a VM resumes from it, `not-found` for what is no snapshot
 */
export async function deleteSnapshot(library: LibraryParts, id: StateId): Promise<void> {
  const { records } = await library.vms.list();
  const users = records.filter((vm) => vm.head === id);
  const user = users.find((vm) => vm.deletedAt === undefined);
  if (user) {
    throw new FailureError(
      'busy',
      `“${user.name}” resumes from this snapshot and has no later state of its own, so it was kept. Suspend that VM once, or delete it, and try again.`,
    );
  }
  const snapshot = await maybeSnapshot(library, id);
  if (snapshot === 'other') throw noSuchSnapshot();
  if (snapshot !== 'unknown' && snapshot.isProtected) {
    throw new FailureError(
      'busy',
      `“${snapshot.name}” is protected, so it was kept. Remove the protection first, then delete it.`,
    );
  }
  // Those that could be had back cannot be any more: what they resume from is deleted after them.
  for (const vm of users) await library.vms.remove(vm.id);
  await removeFromTree(library, id);
}

/** `unknown` for what is damaged or gone: it may have been a snapshot. */
async function maybeSnapshot(
  { states, images }: LibraryParts,
  id: StateId,
): Promise<StateManifest | 'unknown' | 'other'> {
  try {
    const manifest = await states.get(id);
    return manifest.kind === 'snapshot' ? manifest : 'other';
  } catch (cause) {
    if (!(cause instanceof FailureError)) throw cause;
    const { manifests } = await images.list();
    return manifests.some((image) => image.base === id) ? 'other' : 'unknown';
  }
}

function noSuchSnapshot(): FailureError {
  return new FailureError('not-found', 'That snapshot does not exist any more.');
}
