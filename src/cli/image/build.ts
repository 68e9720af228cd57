import { isRecipeFile } from '../../images/recipe/load-recipe.ts';
import { listRecipes } from '../../images/recipe/shipped.ts';
import { KERNEL_CHOICES } from '../../shared/model/image.ts';
import { FailureError } from '../../shared/result.ts';
import { defineCommand } from '../command/command.ts';
import { JSON_OPTION } from '../command/options.ts';
import { oneOf } from '../command/parse.ts';
import { KERNEL_OPTION, MEMORY_OPTION, memoryOption } from './build-options.ts';
import { runBuild, showPlan } from './run-build.ts';

/** `terrarium image build RECIPE` */
export const imageBuild = defineCommand({
  words: 'image build',
  operands: ['RECIPE'],
  options: {
    name: { kind: 'value', value: 'NAME', help: 'what the image is called; as the recipe unless given' },
    kernel: KERNEL_OPTION,
    memory: MEMORY_OPTION,
    packages: { kind: 'value', value: 'A,B', help: 'further packages, for recipes of Alpine and Debian' },
    release: {
      kind: 'value',
      value: 'X',
      help: 'another release of Alpine (3.20) or Debian (trixie) than the recipe’s',
    },
    mirror: {
      kind: 'value',
      value: 'URL',
      help: 'another mirror of Alpine, or several (A,B); or set TERRARIUM_ALPINE_MIRROR',
    },
    plan: { kind: 'flag', help: 'only say what would be fetched and how much of the disk it needs' },
    json: JSON_OPTION,
  },
  details: `
RECIPE is one that comes with Terrarium (see “terrarium image recipes”) or a file, named with a slash or the
ending .recipe: ./my.recipe. Its commands run in the new machine only, without a network.
The image is booted once, and the snapshot of its login prompt is what machines start from. Ctrl-C stops;
what was downloaded or compiled is kept for the next time.`,
  run: async (context, { operands: [recipe = ''], options }) => {
    // A word of its own for images of files, which are imported.
    if (recipe === 'tarball')
      throw new FailureError('bad-input', 'A tarball is imported: terrarium image import FILE --name NAME');
    const known = await listRecipes(context.places.resourcesFolder);
    const names = known.map(({ name }) => name);
    const request = {
      recipe: isRecipeFile(recipe) ? recipe : oneOf('recipe', recipe, names),
      name: options.name,
      kernel: options.kernel === null ? null : oneOf('kernel', options.kernel, KERNEL_CHOICES),
      memoryMib: memoryOption(options.memory),
      extraPackages: (options.packages ?? '').split(',').filter((name) => name !== ''),
      release: options.release,
      alpine: { mirror: options.mirror },
    };
    return options.plan ? showPlan(context, request) : runBuild(context, request);
  },
});
