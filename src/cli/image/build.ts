import { KERNEL_CHOICES, RECIPE_NAMES } from '../../shared/model/image.ts';
import { defineCommand } from '../command/command.ts';
import { JSON_OPTION } from '../command/options.ts';
import { oneOf } from '../command/parse.ts';
import { KERNEL_OPTION, MEMORY_OPTION, memoryOption } from './build-options.ts';
import { runBuild } from './run-build.ts';

/** `terrarium image build RECIPE` */
export const imageBuild = defineCommand({
  words: 'image build',
  operands: ['RECIPE'],
  options: {
    name: { kind: 'value', value: 'NAME', help: 'what the image is called; as the recipe unless given' },
    kernel: KERNEL_OPTION,
    memory: MEMORY_OPTION,
    packages: { kind: 'value', value: 'A,B', help: 'further packages, for the recipes alpine and debian' },
    release: { kind: 'value', value: 'X.Y', help: 'another release of Alpine, for the recipe alpine' },
    mirror: { kind: 'value', value: 'URL', help: 'another mirror of Alpine; or set TERRARIUM_ALPINE_MIRROR' },
    json: JSON_OPTION,
  },
  details: `
Recipes: tiny, a kernel and busybox, ready in seconds; alpine, Alpine Linux and its packages, fetched from
a mirror and checked; debian, a Debian made of packages.
The image is booted once, and the snapshot of its login prompt is what machines start from. Ctrl-C stops;
what was downloaded or compiled is kept for the next time.`,
  run: (context, { operands: [recipe = ''], options }) =>
    runBuild(context, {
      recipe: oneOf('recipe', recipe, RECIPE_NAMES),
      name: options.name,
      kernel: oneOf('kernel', options.kernel ?? 'auto', KERNEL_CHOICES),
      memoryMib: memoryOption(options.memory),
      extraPackages: (options.packages ?? '').split(',').filter((name) => name !== ''),
      alpine: { mirror: options.mirror, ...(options.release === null ? {} : { release: options.release }) },
    }),
});
