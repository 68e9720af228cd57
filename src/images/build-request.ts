import type { Library } from '../library/library.ts';
import type { BuildPlan, BuildProgress, KernelChoice } from '../shared/model/image.ts';
import type { MachineParts } from './base-snapshot.ts';
import type { AlpineOptions } from './recipes/alpine.ts';

export interface BuildRequest {
  /** A shipped recipe's name or the path of a recipe's file; `tarball`: any root file system. */
  readonly recipe: string;
  /** Where that one is, uncompressed. */
  readonly tarball?: string;
  /** Defaults to the recipe's name. */
  readonly name: string | null;
  /** null for the recipe's choice. */
  readonly kernel: KernelChoice | null;
  /** Memory of the base snapshot, in MiB; null for the recipe's default. */
  readonly memoryMib: number | null;
  readonly extraPackages: readonly string[];
  /** Of Alpine or Debian, another than the recipe's. */
  readonly release?: string | null;
  /** For recipes of Alpine: another mirror than theirs, and whose signatures count. */
  readonly alpine?: Omit<AlpineOptions, 'release'>;
}

export interface BuildEnvironment {
  readonly library: Library;
  readonly cacheRoot: string;
  /** The project's resources folder (resources/guest is taken from it). */
  readonly resourcesFolder: string;
  readonly parts: MachineParts;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: BuildProgress) => void;
  readonly warn: (sentence: string) => void;
  /** Told what will be done before it begins. */
  readonly onPlan?: (plan: BuildPlan) => void;
}
