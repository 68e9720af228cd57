import { defineCommand, withLibrary } from '../command/command.ts';
import { JSON_OPTION } from '../command/options.ts';
import { findSnapshot } from './find-snapshot.ts';

/** `terrarium snapshot rename NAME NEW-NAME` */
export const snapshotRename = defineCommand({
  words: 'snapshot rename',
  operands: ['NAME', 'NEW-NAME'],
  options: { json: JSON_OPTION },
  details: '',
  run: (context, { operands: [nameOrId = '', newName = ''] }) =>
    withLibrary(context, async (library) => {
      const { id, name } = await findSnapshot(library, nameOrId);
      const renamed = await library.updateSnapshot(id, { name: newName });
      context.output.json({ id, name: renamed.name });
      context.output.line(`“${name}” is now called “${renamed.name}”.`);
      return 0;
    }),
});
