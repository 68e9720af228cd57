import { parseStateId } from '../../shared/model/ids.ts';
import { defineCommand, withLibrary } from '../command/command.ts';
import { JSON_OPTION } from '../command/options.ts';
import { deleteEach } from '../delete-each.ts';
import { theOne } from '../named.ts';

/** `terrarium snapshot rm NAME...` */
export const snapshotRm = defineCommand({
  words: 'snapshot rm',
  operands: ['NAME...'],
  options: { json: JSON_OPTION },
  details: `
A name or an id; a damaged snapshot goes by its id. What went on from it goes on from the one before it then. One that
is protected, or that a VM resumes from, is kept.`,
  run: (context, { operands }) =>
    withLibrary(context, (library) =>
      deleteEach(context.output, operands, async (nameOrId) => {
        const { states, damaged } = await library.states.list();
        const id = parseStateId(nameOrId);
        if (id.ok && damaged.some((state) => state.id === id.value)) {
          await library.deleteSnapshot(id.value);
          return { id: id.value, name: 'damaged snapshot' };
        }
        const snapshot = theOne(
          'snapshot',
          states.filter(({ kind }) => kind === 'snapshot'),
          nameOrId,
        );
        await library.deleteSnapshot(snapshot.id);
        return snapshot;
      }),
    ),
});
