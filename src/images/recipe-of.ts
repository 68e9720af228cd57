import type { BuildRequest } from './build-request.ts';
import { DEFAULT_MEMORY_MIB, type Recipe } from './recipe/load-recipe.ts';
import { findRecipe } from './recipe/shipped.ts';

/** What is imported is a recipe as well: its file is all of it. */
export async function recipeOf(request: BuildRequest, resourcesFolder: string): Promise<Recipe> {
  if (request.recipe !== 'tarball') return findRecipe(request.recipe, resourcesFolder);
  return {
    name: 'tarball',
    title: request.name ?? 'tarball',
    description: '',
    base: { kind: 'tarball', path: request.tarball ?? '' },
    packages: [],
    files: [],
    commands: [],
    memoryMib: DEFAULT_MEMORY_MIB.tarball,
    kernel: 'auto',
    network: null,
  };
}
