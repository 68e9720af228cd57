import { FailureError } from '../shared/result.ts';
import type { BuildRequest } from './build-request.ts';
import { DEFAULT_MEMORY_MIB, type Recipe } from './recipe/load-recipe.ts';
import { findRecipe } from './recipe/shipped.ts';
import { DEBIAN_RELEASE, type DebianChoice } from './recipes/debian.ts';

/** What is imported is a recipe as well: its file is all of it. */
export async function recipeOf(request: BuildRequest, resourcesFolder: string): Promise<Recipe> {
  if (request.recipe !== 'tarball') {
    const recipe = await findRecipe(request.recipe, resourcesFolder);
    if (typeof request.release === 'string' && recipe.base.kind !== 'alpine' && recipe.base.kind !== 'debian')
      throw new FailureError(
        'bad-input',
        `“${recipe.name}” is neither Alpine nor Debian: there is no release to choose.`,
      );
    return recipe;
  }
  return {
    name: 'tarball',
    title: request.name ?? 'tarball',
    description: '',
    base: { kind: 'tarball', path: request.tarball ?? '' },
    packages: [],
    sources: [],
    files: [],
    commands: [],
    memoryMib: DEFAULT_MEMORY_MIB.tarball,
    kernel: 'auto',
    network: null,
  };
}

/** Which Debian a recipe and who builds it ask for; null for what is none. */
export function debianChoiceOf({ base, packages, sources }: Recipe, request: BuildRequest): DebianChoice | null {
  if (base.kind !== 'debian') return null;
  return {
    packages: [...packages, ...request.extraPackages],
    release: request.release ?? base.release ?? DEBIAN_RELEASE,
    sources,
  };
}
