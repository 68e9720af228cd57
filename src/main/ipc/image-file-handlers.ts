import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Library } from '../../library/library.ts';
import { parseImageId } from '../../shared/model/ids.ts';
import { summarizeImage } from '../../shared/model/image.ts';
import { parseMemoryMib, parseName } from '../../shared/model/names.ts';
import { FailureError, unwrap } from '../../shared/result.ts';
import type { BuildOrder } from '../image-builder-protocol.ts';
import type { ImageBuilds } from '../image-builds.ts';
import type { PageEvents } from '../page-events.ts';
import type { CallHandlers } from './register.ts';

export interface ImageFileHandlerDependencies {
  readonly library: { readonly images: Pick<Library['images'], 'get'> };
  readonly builds: Pick<ImageBuilds, 'build'>;
  readonly buildPlaces: Omit<BuildOrder, 'recipe' | 'kernel' | 'tarball'>;
  readonly events: Pick<PageEvents, 'send'>;
  /** Runs a change and tells the page what the library holds now. */
  readonly changing: <T>(change: Promise<T>) => Promise<T>;
  /** 32 random hexadecimal digits. */
  readonly randomHex: () => string;
  /** Asks a person for a file to read. Null when they closed the dialog. */
  readonly chooseFile: () => Promise<string | null>;
}

type ImageFileCalls = Pick<CallHandlers, 'image.chooseFile' | 'image.import'>;

/** Images out of files that a person chose. The page learns a file's name and size, and has a token for its path. */
export function imageFileHandlers(dependencies: ImageFileHandlerDependencies): ImageFileCalls {
  const { library, builds, events, changing } = dependencies;
  // One dialog at a time asks for one file; it stays chosen until the next, so that a person can try again.
  let chosen: { readonly token: string; readonly path: string } | null = null;
  return {
    'image.chooseFile': async () => {
      const file = await dependencies.chooseFile();
      if (file === null) return null;
      const info = await stat(file).catch((cause: unknown) => {
        throw new FailureError('io', `“${path.basename(file)}” cannot be read. Choose another file.`, { cause });
      });
      if (!info.isFile()) throw new FailureError('bad-input', `“${path.basename(file)}” is no file. Choose a tarball.`);
      chosen = { token: dependencies.randomHex(), path: file };
      return { token: chosen.token, name: path.basename(file), sizeBytes: info.size, kind: 'file' };
    },
    'image.import': async ({ token, name, kernel, memoryMib }) => {
      if (chosen?.token !== token)
        throw new FailureError('not-found', 'That file is not chosen any more. Nothing was imported; choose it again.');
      const tarball = {
        path: chosen.path,
        name: unwrap(parseName('image', name)),
        memoryMib: memoryMib === null ? null : unwrap(parseMemoryMib(memoryMib)),
      };
      const order: BuildOrder = { ...dependencies.buildPlaces, recipe: 'tarball', kernel, tarball };
      const built = await changing(builds.build(order, (progress) => events.send('image.progress', progress)));
      const image = await library.images.get(unwrap(parseImageId(built.imageId)));
      return { image: summarizeImage(image), notes: built.warnings };
    },
  };
}
