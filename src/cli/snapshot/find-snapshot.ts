import type { Library } from '../../library/library.ts';
import type { StateManifest } from '../../shared/model/state.ts';
import { theOne } from '../named.ts';

/** Every snapshot, oldest first. */
export async function allSnapshots(library: Library): Promise<readonly StateManifest[]> {
  const { states } = await library.states.list();
  return states.filter(({ kind }) => kind === 'snapshot');
}

/** @throws FailureError `not-found`, `bad-input` when several have that name */
export async function findSnapshot(library: Library, nameOrId: string): Promise<StateManifest> {
  return theOne('snapshot', await allSnapshots(library), nameOrId);
}
