import type { Library } from '../library/library.ts';
import type {
  CatalogueImage,
  ImageCatalogue,
  ImageDetails,
  ImageDisk,
  ImageUpdate,
} from '../shared/model/image-catalogue.ts';
import { summarizeImage, type BlobRef, type ImageManifest } from '../shared/model/image.ts';
import { FailureError } from '../shared/result.ts';
import { recipeSha256 } from './recipe/recipe-hash.ts';
import { findRecipe, listRecipes } from './recipe/shipped.ts';

type Needs = Pick<Library, 'images' | 'blobs' | 'states' | 'listVms'>;

/** What is installed, what depends on it, and what can be built. Nothing is asked of the network. */
export async function imageCatalogue(library: Needs, resourcesFolder: string): Promise<ImageCatalogue> {
  const [{ manifests, problems }, recipes, vms, { states }] = await Promise.all([
    library.images.list(),
    listRecipes(resourcesFolder),
    library.listVms(),
    library.states.list(),
  ]);
  const todays = new Map<string, string>();
  for (const { name } of recipes) todays.set(name, recipeSha256(await findRecipe(name, resourcesFolder)));
  const contents = await contentsOf(library, manifests);
  const disks = diskOf([...contents.files.values()]);
  const diskById = new Map([...contents.files.keys()].map((id, index) => [id, disks[index] ?? null]));
  return {
    images: manifests.map((image): CatalogueImage => ({
      ...summarizeImage(image),
      disk: diskById.get(image.id) ?? null,
      update: updateOf(image, manifests, todays),
      vms: vms.filter(({ imageId }) => imageId === image.id).map(({ name }) => name),
      snapshots: states
        .filter(({ kind, config }) => kind === 'snapshot' && config.imageId === image.id)
        .map(({ name }) => name),
    })),
    recipes,
    problems: [...problems, ...contents.problems],
  };
}

export function imageDetails({ packages, kernel }: ImageManifest): ImageDetails {
  return {
    packages: Object.entries(packages)
      .map(([name, version]) => ({ name, version }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    kernel: `${kernel.release} (${kernel.kind})`,
  };
}

/** @param todays the shipped recipes’ hashes by name */
export function updateOf(
  image: Pick<ImageManifest, 'recipe' | 'recipeSha256'>,
  all: readonly Pick<ImageManifest, 'recipe' | 'recipeSha256'>[],
  todays: ReadonlyMap<string, string>,
): ImageUpdate {
  const today = todays.get(image.recipe);
  if (today === undefined || image.recipeSha256 === undefined) return 'unknown';
  if (image.recipeSha256 === today) return 'current';
  const isBuilt = all.some(({ recipe, recipeSha256: sha256 }) => recipe === image.recipe && sha256 === today);
  return isBuilt ? 'replaced' : 'available';
}

/** A file is on disk once, however often images have it. */
export function diskOf(images: readonly (readonly BlobRef[])[]): ImageDisk[] {
  const files = images.map((refs) => new Map(refs.map(({ sha256, sizeBytes }) => [sha256, sizeBytes])));
  const users = new Map<string, number>();
  for (const of of files) for (const sha256 of of.keys()) users.set(sha256, (users.get(sha256) ?? 0) + 1);
  return files.map((of) => {
    let filesBytes = 0;
    let sharedBytes = 0;
    for (const [sha256, sizeBytes] of of) {
      filesBytes += sizeBytes;
      if ((users.get(sha256) ?? 0) > 1) sharedBytes += sizeBytes;
    }
    return { filesBytes, sharedBytes };
  });
}

async function contentsOf(
  library: Needs,
  manifests: readonly ImageManifest[],
): Promise<{ files: Map<string, readonly BlobRef[]>; problems: string[] }> {
  const files = new Map<string, readonly BlobRef[]>();
  const problems: string[] = [];
  for (const image of manifests) {
    try {
      files.set(image.id, await library.images.refsOf(image, library.blobs));
    } catch (cause) {
      // One that is damaged is listed all the same: it can be built again or removed.
      if (!(cause instanceof FailureError)) throw cause;
      problems.push(cause.message);
    }
  }
  return { files, problems };
}
