import { parseImageId, type ImageId, type StateId } from '../../shared/model/ids.ts';
import type { ImageManifest } from '../../shared/model/image.ts';
import type { MachineConfig, StateManifest } from '../../shared/model/state.ts';
import { FailureError, unwrap } from '../../shared/result.ts';
import type { LibraryParts } from '../library-parts.ts';
import type { StateStore } from '../state-store.ts';
import { pageCountOf } from './bundle-documents.ts';
import { HASH_BYTES, ZERO_NUMBER } from './bundle-format.ts';
import type { BundlePages } from './bundle-pages.ts';
import { isZeroHash, sameHash } from './page-numbers.ts';
import { pageNumbersOf } from './page-runs.ts';
import type { BundleContents, ReadState } from './read-bundle.ts';

export interface PlannedState {
  readonly read: ReadState;
  /** What it is called in this library. */
  readonly id: StateId;
  readonly parent: StateId | null;
  readonly config: MachineConfig;
}

/** What an import will do. */
export interface ImportPlan {
  /** Manifests that are added, with the ids they get here. */
  readonly images: readonly ImageManifest[];
  /** Images of this library that are needed. */
  readonly needed: readonly ImageId[];
  /** States that are written, parents first. */
  readonly states: readonly PlannedState[];
  readonly alreadyThere: readonly StateManifest[];
}

/** Long enough to tell images apart, short enough to leave room for what makes an id new. */
const IMAGE_ID_KEPT = 40;

/**
 * Compares a checked bundle with the library. Nothing is changed.
 * @throws FailureError `not-found` for an image that is neither here nor in the bundle
 */
export async function planImport(
  library: LibraryParts,
  name: string,
  contents: BundleContents,
  pages: BundlePages,
  tell: () => void,
): Promise<ImportPlan> {
  const [{ manifests }, { states: present, damaged }] = await Promise.all([
    library.images.list(),
    library.states.list(),
  ]);
  const imageIds = new Map<ImageId, ImageId>();
  const added: ImageManifest[] = [];
  for (const listed of contents.head.images) {
    const included = contents.images.find(({ id }) => id === listed.id);
    const same = manifests.filter(({ fsJson }) => fsJson.sha256 === listed.fsSha256);
    const there = same.find(({ id }) => id === listed.id) ?? (included ? undefined : same[0]);
    if (!there && !included) {
      throw new FailureError(
        'not-found',
        `“${name}” needs the image “${listed.name}” (${listed.id}), which is not in this library. Nothing was imported. Build or import that image first, or export with --with-image.`,
      );
    }
    const isTaken = manifests.some(({ id }) => id === listed.id);
    const id = there?.id ?? (isTaken ? newImageId(library, listed.id) : listed.id);
    imageIds.set(listed.id, id);
    if (!there && included) added.push({ ...included, id });
  }

  const takenIds = new Set<string>([...present, ...damaged].map(({ id }) => id));
  const stateIds = new Map<StateId, StateId>();
  const planned: PlannedState[] = [];
  const alreadyThere: StateManifest[] = [];
  for (const read of contents.states) {
    tell();
    const { id, kind, config, parent } = read.state;
    const imageId = imageIds.get(config.imageId) ?? config.imageId;
    const here = { ...config, imageId };
    const image = added.find((candidate) => candidate.id === imageId);
    if (kind === 'base' && !image) {
      // The image that is here has its own.
      const own = manifests.find((candidate) => candidate.id === imageId);
      if (own) stateIds.set(id, own.base);
      continue;
    }
    const existing = present.find((state) => state.id === id);
    if (existing && kind === 'snapshot' && (await isSame(library.states, existing, read, here, pages))) {
      alreadyThere.push(existing);
      stateIds.set(id, id);
      continue;
    }
    const newId = takenIds.has(id) ? library.newStateId() : id;
    stateIds.set(id, newId);
    planned.push({ read, id: newId, config: here, parent: parent === null ? null : (stateIds.get(parent) ?? parent) });
  }
  return {
    images: added.map((image) => ({ ...image, base: stateIds.get(image.base) ?? image.base })),
    needed: [...new Set(imageIds.values())].filter((id) => !added.some((image) => image.id === id)),
    states: withSoundParents(planned, present),
    alreadyThere,
  };
}

function newImageId(library: LibraryParts, id: ImageId): ImageId {
  return unwrap(parseImageId(`${id.slice(0, IMAGE_ID_KEPT)}-${library.newStateId().slice('st-'.length)}`));
}

/** Whether a state is here, byte for byte. What cannot be read is another one. */
async function isSame(
  store: StateStore,
  existing: StateManifest,
  { state, runs }: ReadState,
  config: MachineConfig,
  pages: BundlePages,
): Promise<boolean> {
  const isLike =
    existing.kind === 'snapshot' &&
    existing.content === state.content &&
    existing.sizeBytes === state.sizeBytes &&
    isSameConfig(existing.config, config);
  if (!isLike) return false;
  const own = await store.pages(existing).catch((cause: unknown) => {
    if (cause instanceof FailureError) return null;
    throw cause;
  });
  if (own === null) return false;
  try {
    if (own.pageCount !== pageCountOf(state)) return false;
    const { hashes } = own;
    let at = 0;
    for (const number of pageNumbersOf(runs)) {
      if (number === ZERO_NUMBER) {
        if (!isZeroHash(hashes, at)) return false;
      } else {
        const { bytes, offset } = pages.hash(number);
        if (!sameHash(hashes, at, bytes, offset)) return false;
      }
      at += HASH_BYTES;
    }
    return true;
  } finally {
    await own.close();
  }
}

function isSameConfig(a: MachineConfig, b: MachineConfig): boolean {
  return (
    a.v86Version === b.v86Version &&
    a.imageId === b.imageId &&
    a.fsSha256 === b.fsSha256 &&
    a.memoryMib === b.memoryMib &&
    a.vgaMemoryMib === b.vgaMemoryMib &&
    a.devices.join('\n') === b.devices.join('\n')
  );
}

/** Drops parents that are not there, and those that descend from what is imported: old states may name ids that were gone. */
function withSoundParents(
  planned: readonly PlannedState[],
  present: readonly StateManifest[],
): readonly PlannedState[] {
  const imported = new Set(planned.map(({ id }) => id));
  const byId = new Map(present.map((state) => [state.id, state]));
  const isSound = (parent: StateId): boolean => {
    const line = new Set<StateId>();
    for (let id: StateId | null = parent; id !== null && !line.has(id); id = byId.get(id)?.parent ?? null) {
      if (imported.has(id)) return false;
      line.add(id);
    }
    return byId.get(parent)?.kind === 'snapshot';
  };
  return planned.map((state) => {
    const { parent } = state;
    // One that is imported, too, comes before it in the file.
    if (parent === null || imported.has(parent) || isSound(parent)) return state;
    return { ...state, parent: null };
  });
}
