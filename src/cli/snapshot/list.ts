import { defineCommand, withLibrary } from '../command/command.ts';
import { JSON_OPTION } from '../command/options.ts';
import { sizeText, timeText } from '../terminal/units.ts';
import { snapshotDetails } from './details.ts';

const COLUMNS = [
  { title: 'NAME', mayShrink: true },
  { title: 'ID' },
  { title: 'IMAGE', mayShrink: true },
  { title: 'OF', mayShrink: true },
  { title: 'MEMORY', align: 'right' },
  { title: 'SIZE', align: 'right' },
  { title: 'TAKEN' },
] as const;

/** `terrarium snapshot list` */
export const snapshotList = defineCommand({
  words: 'snapshot list',
  operands: [],
  options: { json: JSON_OPTION },
  details: '',
  run: (context) =>
    withLibrary(context, async (library) => {
      const { output } = context;
      const { states, damaged } = await library.states.list();
      const { manifests } = await library.images.list();
      const details = states
        .filter(({ kind }) => kind === 'snapshot')
        .map((state) => snapshotDetails(state, manifests));
      output.json(details);
      output.tableOr(
        'There are no snapshots yet. Take one: terrarium run tiny --save NAME -- COMMAND',
        COLUMNS,
        details.map(({ name, id, imageName, imageId, vmName, memoryMib, sizeBytes, createdAt }) => [
          name,
          id,
          imageName ?? imageId,
          vmName,
          `${memoryMib} MiB`,
          sizeText(sizeBytes),
          timeText(createdAt),
        ]),
      );
      for (const { reason } of damaged) output.complain(reason);
      return 0;
    }),
});
