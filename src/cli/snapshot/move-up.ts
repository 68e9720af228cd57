import { defineCommand, withLibrary } from '../command/command.ts';
import { JSON_OPTION } from '../command/options.ts';
import { findSnapshot } from './find-snapshot.ts';

/** `terrarium snapshot move-up NAME` */
export const snapshotMoveUp = defineCommand({
  words: 'snapshot move-up',
  operands: ['NAME'],
  options: { json: JSON_OPTION },
  details: `
It stands beside the snapshot it went on from then. Only the list changes: what a snapshot holds depends on no other.`,
  run: (context, { operands: [nameOrId = ''] }) =>
    withLibrary(context, async (library) => {
      const { output } = context;
      const { id } = await findSnapshot(library, nameOrId);
      const { name, parent } = await library.moveSnapshotUp(id);
      output.json({ id, name, parent });
      output.line(`“${name}” was moved up.`);
      return 0;
    }),
});
