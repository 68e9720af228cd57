import type { KernelChoice, RecipeNetwork } from '../../shared/model/image.ts';
import type { Position } from './recipe-text.ts';

/** The ending of recipes' files. */
export const RECIPE_ENDING = '.recipe';

/** What an image begins as. */
export type RecipeBase =
  | { readonly kind: 'tiny' }
  | { readonly kind: 'alpine'; readonly release: string | null; readonly mirror: string | null }
  | { readonly kind: 'debian'; readonly release: string | null }
  /** A root file system in a file beside the recipe. */
  | { readonly kind: 'tarball'; readonly path: string }
  /** Another recipe: a shipped one by its name, or a file beside this one. */
  | { readonly kind: 'recipe'; readonly name: string };

/** A file that a recipe puts into the image. */
export interface RecipeFile {
  /** In the guest, absolute. */
  readonly path: string;
  readonly mode: number;
  readonly content:
    { readonly kind: 'text'; readonly text: string } | { readonly kind: 'beside'; readonly name: string };
  readonly at: Position;
}

/** A file of this computer's apt settings whose packages count besides Debian's. */
export interface RecipeSource {
  /** Without folder and ending. */
  readonly name: string;
  readonly at: Position;
}

/** A recipe as its file says it, before what it is based on is looked at. */
export interface RecipeDocument {
  /** As sentences call its file. */
  readonly file: string;
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly base: RecipeBase;
  readonly basedAt: Position;
  readonly packages: readonly string[];
  readonly sources: readonly RecipeSource[];
  readonly files: readonly RecipeFile[];
  /** Each is a script for the guest's /bin/sh. */
  readonly commands: readonly string[];
  readonly memoryMib: number | null;
  readonly kernel: KernelChoice | null;
  /** What a new VM of it may reach. */
  readonly network: RecipeNetwork | null;
}
