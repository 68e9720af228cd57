import path from 'node:path';
import { imageCatalogue, imageDetails } from '../../images/catalogue.ts';
import { planBuild } from '../../images/plan.ts';
import type { Library } from '../../library/library.ts';
import { parseImageId } from '../../shared/model/ids.ts';
import { summarizeImage, type ImageSummary } from '../../shared/model/image.ts';
import { FailureError, unwrap } from '../../shared/result.ts';
import type { BuildOrder } from '../image-builder-protocol.ts';
import type { ImageBuilds } from '../image-builds.ts';
import type { PageEvents } from '../page-events.ts';
import type { CallHandlers } from './register.ts';

export interface CatalogueHandlerDependencies {
  readonly library: Pick<Library, 'images' | 'blobs' | 'states' | 'listVms' | 'deleteImage'>;
  readonly builds: Pick<ImageBuilds, 'build' | 'isBuilding'>;
  readonly buildPlaces: Omit<BuildOrder, 'recipe' | 'kernel' | 'tarball'>;
  readonly events: Pick<PageEvents, 'send'>;
  /** Runs a change and tells the page what the library holds now. */
  readonly changing: <T>(change: Promise<T>) => Promise<T>;
  /** 32 random hexadecimal digits. */
  readonly randomHex: () => string;
  /** Asks a person for a recipe's file. Null when they closed the dialog. */
  readonly chooseRecipe: () => Promise<string | null>;
}

type CatalogueCalls = Pick<
  CallHandlers,
  | 'image.build'
  | 'image.catalogue'
  | 'image.details'
  | 'image.plan'
  | 'image.chooseRecipe'
  | 'image.buildChosen'
  | 'image.delete'
>;

/** Which images there are and can be, building those of recipes, and removing them. */
export function catalogueHandlers(dependencies: CatalogueHandlerDependencies): CatalogueCalls {
  const { library, builds, buildPlaces, events, changing } = dependencies;
  // It stays chosen until the next, so that a person can try again.
  let chosen: { readonly token: string; readonly path: string } | null = null;
  const plan = (recipe: string) =>
    planBuild({ recipe, name: null, kernel: null, memoryMib: null, extraPackages: [] }, buildPlaces);
  const build = async (order: Pick<BuildOrder, 'recipe' | 'kernel'>): Promise<ImageSummary> => {
    const { imageId } = await changing(
      builds.build({ ...buildPlaces, ...order }, (progress) => events.send('image.progress', progress)),
    );
    return summarizeImage(await library.images.get(unwrap(parseImageId(imageId))));
  };
  return {
    'image.build': build,
    'image.catalogue': () => imageCatalogue(library, buildPlaces.resourcesFolder),
    'image.details': async ({ imageId }) => imageDetails(await library.images.get(unwrap(parseImageId(imageId)))),
    'image.plan': ({ recipe }) => plan(recipe),
    'image.chooseRecipe': async () => {
      const file = await dependencies.chooseRecipe();
      if (file === null) return null;
      // The page knows of files only what they are called.
      const planned = await plan(path.resolve(file)).catch((cause: unknown) => {
        if (!(cause instanceof FailureError)) throw cause;
        throw new FailureError(cause.code, cause.message.replaceAll(path.resolve(file), path.basename(file)), {
          cause,
        });
      });
      chosen = { token: dependencies.randomHex(), path: path.resolve(file) };
      return { token: chosen.token, plan: planned };
    },
    'image.buildChosen': ({ token }) => {
      if (chosen?.token !== token)
        throw new FailureError('not-found', 'That file is not chosen any more. Nothing was imported; choose it again.');
      return build({ recipe: chosen.path, kernel: 'auto' });
    },
    'image.delete': ({ imageId }) => {
      // Deleting sweeps files nobody names yet, and a build has just stored some of those.
      if (builds.isBuilding)
        throw new FailureError('busy', 'An image is being built. Delete this one when it is done.');
      return changing(library.deleteImage(unwrap(parseImageId(imageId))));
    },
  };
}
