import { imageCatalogue, imageDetails } from '../../images/catalogue.ts';
import type { ImageUpdate } from '../../shared/model/image-catalogue.ts';
import { defineCommand, withLibrary } from '../command/command.ts';
import { JSON_OPTION } from '../command/options.ts';
import { theOne } from '../named.ts';
import { lineWriter } from '../terminal/labelled-lines.ts';
import { sizeText, timeText } from '../terminal/units.ts';

const UPDATES: Readonly<Record<ImageUpdate, string | null>> = {
  current: 'as its recipe is today',
  available: 'its recipe is another today; build it again to have that',
  replaced: 'an image of today’s recipe is there beside it',
  unknown: null,
};

/** `terrarium image show NAME` */
export const imageShow = defineCommand({
  words: 'image show',
  operands: ['NAME'],
  options: { json: JSON_OPTION },
  details: `
A name or an id: what the image is made of, what needs it, and whether its recipe has changed since. Nothing is asked of
the network.`,
  run: (context, { operands: [nameOrId = ''] }) =>
    withLibrary(context, async (library) => {
      const { output, places } = context;
      const { images, problems } = await imageCatalogue(library, places.resourcesFolder);
      const image = theOne('image', images, nameOrId);
      const manifest = await library.images.find(image.id);
      const { packages, kernel } = imageDetails(manifest);
      output.json({ ...image, kernel, packages: manifest.packages });
      const line = lineWriter(output);
      line('Name', image.name);
      line('Id', image.id);
      line('Recipe', image.recipe);
      line('Built', timeText(image.createdAt));
      const update = UPDATES[image.update];
      if (update !== null) line('Up to date', update);
      line('Kernel', kernel);
      line('Memory', `${image.memoryMib} MiB`);
      const shared = image.disk === null ? '' : `, ${sizeText(image.disk.sharedBytes)} of it shared with other images`;
      line('Files', `${image.fileCount}, ${sizeText(image.disk?.filesBytes ?? image.sizeBytes)}${shared}`);
      for (const name of image.vms) line('Needed by', `VM “${name}”`);
      for (const name of image.snapshots) line('Needed by', `snapshot “${name}”`);
      for (const [at, { name, version }] of packages.entries()) line(at === 0 ? 'Packages' : '', `${name} ${version}`);
      for (const problem of problems) output.complain(problem);
      return 0;
    }),
});
