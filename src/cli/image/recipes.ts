import { listRecipes } from '../../images/recipe/shipped.ts';
import { defineCommand } from '../command/command.ts';
import { JSON_OPTION } from '../command/options.ts';

const COLUMNS = [
  { title: 'NAME' },
  { title: 'BASE' },
  { title: 'MEMORY', align: 'right' },
  { title: 'WHAT IT IS', mayShrink: true },
] as const;

/** `terrarium image recipes` */
export const imageRecipes = defineCommand({
  words: 'image recipes',
  operands: [],
  options: { json: JSON_OPTION },
  details: `
Your own is a text file beside what it needs; docs/recipes.md has the format. Build one by its path:
terrarium image build ./my.recipe`,
  run: async ({ output, places }) => {
    const recipes = await listRecipes(places.resourcesFolder);
    output.json(recipes);
    output.tableOr(
      'This installation has no recipes; install Terrarium anew.',
      COLUMNS,
      recipes.map(({ name, base, memoryMib, description }) => [name, base, `${memoryMib} MiB`, description]),
    );
    return 0;
  },
});
