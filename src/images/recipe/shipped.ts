import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { RecipeSummary } from '../../shared/model/image.ts';
import { FailureError } from '../../shared/result.ts';
import { isRecipeFile, loadRecipe, type Recipe } from './load-recipe.ts';
import { excerpt } from './recipe-text.ts';
import { RECIPE_ENDING } from './recipe.ts';

/** Where the recipes are that come with Terrarium. */
export function shippedRecipesFolder(resourcesFolder: string): string {
  return path.join(resourcesFolder, 'recipes');
}

/** The recipes that come with Terrarium, by name. */
export async function listRecipes(resourcesFolder: string): Promise<RecipeSummary[]> {
  const names = await shippedNames(resourcesFolder);
  return Promise.all(names.map(async (name) => summary(await findRecipe(name, resourcesFolder))));
}

/**
 * A shipped recipe by its name, or a file's.
 * @throws FailureError `not-found`, and as {@link loadRecipe}
 */
export async function findRecipe(word: string, resourcesFolder: string): Promise<Recipe> {
  const folder = shippedRecipesFolder(resourcesFolder);
  if (isRecipeFile(word)) return loadRecipe(word, folder);
  const names = await shippedNames(resourcesFolder);
  if (names.includes(word)) return loadRecipe(path.join(folder, `${word}${RECIPE_ENDING}`), folder);
  throw new FailureError(
    'bad-input',
    `There is no recipe “${excerpt(word)}”. There are: ${names.join(', ')}. A file is named with its path: ./${excerpt(word)}${RECIPE_ENDING}`,
  );
}

function summary({ name, title, description, base, memoryMib, kernel, packages }: Recipe): RecipeSummary {
  return { name, title, description, base: base.kind, memoryMib, kernel, packages };
}

async function shippedNames(resourcesFolder: string): Promise<string[]> {
  const files = await readdir(shippedRecipesFolder(resourcesFolder));
  return files
    .filter((file) => file.endsWith(RECIPE_ENDING))
    .map((file) => file.slice(0, -RECIPE_ENDING.length))
    .sort();
}
