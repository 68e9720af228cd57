import { defineCommand, withLibrary } from '../command/command.ts';
import { JSON_OPTION } from '../command/options.ts';
import { deleteEach } from '../delete-each.ts';
import { theOne } from '../named.ts';

/** `terrarium image rm NAME...` */
export const imageRm = defineCommand({
  words: 'image rm',
  operands: ['NAME...'],
  options: { json: JSON_OPTION },
  details: `
A name or an id. An image that a VM or a snapshot needs is kept; so is one that a machine runs right now.`,
  run: (context, { operands }) =>
    withLibrary(context, (library) =>
      deleteEach(context.output, operands, async (name) => {
        const { manifests } = await library.images.list();
        const image = theOne('image', manifests, name);
        const { freedBytes } = await library.deleteImage(image.id);
        return { ...image, freedBytes };
      }),
    ),
});
