import type { BuildProgress, KernelChoice, RecipeName } from '../shared/model/image.ts';
import type { FailureCode } from '../shared/result.ts';

export interface TarballOrder {
  readonly path: string;
  readonly name: string;
  readonly memoryMib: number | null;
}

/** Between main and the image builder's own process. Both are ours. */
export interface BuildOrder {
  /** A shipped recipe, or `tarball`. */
  readonly recipe: RecipeName;
  /** For a root file system out of a file that a person chose. */
  readonly tarball?: TarballOrder;
  readonly kernel: KernelChoice;
  readonly home: string;
  readonly cacheRoot: string;
  readonly resourcesFolder: string;
  readonly workerPath: string;
  readonly wasmPath: string;
}

export type BuildReport =
  | { readonly t: 'progress'; readonly progress: BuildProgress }
  | { readonly t: 'warning'; readonly sentence: string }
  | { readonly t: 'done'; readonly imageId: string }
  | { readonly t: 'failed'; readonly code: FailureCode; readonly message: string };
