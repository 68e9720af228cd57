import { parseStateId } from '../shared/model/ids.ts';
import type { ImageManifest } from '../shared/model/image.ts';
import type { StateManifest } from '../shared/model/state.ts';
import { FailureError } from '../shared/result.ts';
import type { LibraryParts } from './library-parts.ts';

/** What a machine can be started from. */
export interface Start {
  readonly image: ImageManifest;
  /** The state it goes on from: the snapshot, or the image's base snapshot. */
  readonly start: StateManifest;
  readonly snapshot: StateManifest | null;
}

/** A longer list does not help who mistyped a name. */
const SHOWN = 5;

/**
 * An image or a snapshot, by name or id. Of images with one name it is the newest, since a rebuilt image
 * replaces the one before.
 * @throws FailureError `not-found` with what there is; `bad-input` with the ids, for a name of several things
 */
export async function findStart(library: LibraryParts, nameOrId: string): Promise<Start> {
  const { images, states } = library;
  const [{ manifests }, names] = await Promise.all([images.list(), states.names()]);
  const snapshots = names.filter(({ kind }) => kind === 'snapshot');

  const imageById = manifests.find(({ id }) => id === nameOrId);
  if (imageById) return startOfImage(library, imageById);
  const id = parseStateId(nameOrId);
  // Also when it cannot be read at a glance: `get` then says what is wrong with it.
  if (id.ok && !names.some((state) => state.id === nameOrId && state.kind !== 'snapshot')) {
    const snapshot = await states.get(id.value).catch((cause: unknown) => {
      if (cause instanceof FailureError && cause.code === 'not-found') return null;
      throw cause;
    });
    if (snapshot?.kind === 'snapshot') return startOfSnapshot(library, snapshot);
  }

  const name = nameOrId.normalize('NFC');
  const image = manifests.find((candidate) => candidate.name === name);
  const named = snapshots.filter((candidate) => candidate.name === name);
  const [first, second] = named;
  if (image && !first) return startOfImage(library, image);
  if (first && !second && !image) return startOfSnapshot(library, await states.get(first.id));
  if (!first) throw nothingCalled(nameOrId, manifests, snapshots);
  const ids = [...(image ? [`${image.id} (the image)`] : []), ...named.map((snapshot) => snapshot.id)];
  throw new FailureError(
    'bad-input',
    `“${name}” is the name of ${image ? 'an image and of a snapshot' : `${named.length} snapshots`}. Use an id instead: ${shown(ids)}.`,
  );
}

async function startOfImage({ states }: LibraryParts, image: ImageManifest): Promise<Start> {
  return { image, start: await states.get(image.base), snapshot: null };
}

async function startOfSnapshot({ images }: LibraryParts, snapshot: StateManifest): Promise<Start> {
  return { image: await images.get(snapshot.config.imageId), start: snapshot, snapshot };
}

function nothingCalled(
  nameOrId: string,
  images: readonly ImageManifest[],
  snapshots: readonly { readonly name: string }[],
): FailureError {
  const imageNames = [...new Set(images.map(({ name }) => name))];
  const snapshotNames = [...new Set(snapshots.map(({ name }) => name))];
  const found = [
    imageNames.length === 0 ? 'No image has been built yet: “terrarium image build tiny” makes one.' : '',
    imageNames.length > 0 ? `Images: ${shown(imageNames)}.` : '',
    snapshotNames.length > 0 ? `Snapshots: ${shown(snapshotNames)}.` : '',
  ];
  return new FailureError(
    'not-found',
    `There is no image or snapshot called “${nameOrId.slice(0, 80)}”. ${found.filter(Boolean).join(' ')}`,
  );
}

function shown(names: readonly string[]): string {
  const more = names.length - SHOWN;
  return names.slice(0, SHOWN).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
