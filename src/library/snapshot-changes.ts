import type { StateId } from '../shared/model/ids.ts';
import { parseName } from '../shared/model/names.ts';
import type { StateManifest } from '../shared/model/state.ts';
import { FailureError, unwrap } from '../shared/result.ts';
import type { LibraryParts } from './library-parts.ts';

/** @throws FailureError `not-found` for what is no snapshot, `damaged` */
export async function getSnapshot({ states }: LibraryParts, id: StateId): Promise<StateManifest> {
  const manifest = await states.get(id);
  if (manifest.kind !== 'snapshot') throw noSuchSnapshot();
  return manifest;
}

/** A part of a change. */
export async function renameSnapshot(library: LibraryParts, id: StateId, newName: string): Promise<StateManifest> {
  await getSnapshot(library, id);
  return library.states.rename(id, unwrap(parseName('snapshot', newName)));
}

/** A part of a change. @throws FailureError `busy` while a VM resumes from it, `not-found` for what is no snapshot */
export async function deleteSnapshot(library: LibraryParts, id: StateId): Promise<void> {
  const { records } = await library.vms.list();
  const user = records.find((vm) => vm.head === id);
  if (user) {
    throw new FailureError(
      'busy',
      `“${user.name}” resumes from this snapshot and has no later state of its own, so it was kept. Suspend that VM once, or delete it, and try again.`,
    );
  }
  if (!(await maybeSnapshot(library, id))) throw noSuchSnapshot();
  await library.states.remove(id);
}

/** False for a state that is known to be something else; what is damaged or gone may have been a snapshot. */
async function maybeSnapshot({ states, images }: LibraryParts, id: StateId): Promise<boolean> {
  try {
    return (await states.get(id)).kind === 'snapshot';
  } catch (cause) {
    if (!(cause instanceof FailureError)) throw cause;
    const { manifests } = await images.list();
    return !manifests.some((image) => image.base === id);
  }
}

function noSuchSnapshot(): FailureError {
  return new FailureError('not-found', 'That snapshot does not exist any more.');
}
