import type { LibraryUsage } from '../shared/model/state.ts';
import type { LibraryParts } from './library-parts.ts';

/** What everything takes on disk, and what deleting each snapshot would free. */
export async function libraryUsage({ states }: Pick<LibraryParts, 'states'>): Promise<LibraryUsage> {
  const { storedBytes, unneededBytes, uniqueBytes } = await states.usage();
  const listed = (await states.list()).states;
  return {
    storedBytes,
    unneededBytes,
    statesBytes: listed.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    snapshots: listed
      .filter(({ kind }) => kind === 'snapshot')
      .map(({ id }) => ({ id, uniqueBytes: uniqueBytes.get(id) ?? 0 })),
  };
}
