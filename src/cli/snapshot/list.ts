import { defineCommand, withLibrary } from '../command/command.ts';
import { JSON_OPTION } from '../command/options.ts';
import { sizeText, timeText } from '../terminal/units.ts';
import { snapshotDetails } from './details.ts';
import { treeLines } from './tree.ts';

const COLUMNS = [
  { title: 'NAME', mayShrink: true },
  { title: 'ID' },
  { title: 'IMAGE', mayShrink: true },
  { title: 'OF', mayShrink: true },
  { title: 'SIZE', align: 'right' },
  { title: 'NEW', align: 'right' },
  { title: 'TAGS', mayShrink: true },
  { title: 'TAKEN' },
] as const;

/** `terrarium snapshot list` */
export const snapshotList = defineCommand({
  words: 'snapshot list',
  operands: [],
  options: { json: JSON_OPTION },
  details: `
What goes on from a snapshot stands below it; what was forked from it, to the right. SIZE is what the machine has, NEW
what had to be stored for it because no state before had it.`,
  run: (context) =>
    withLibrary(context, async (library) => {
      const { output } = context;
      const { states, damaged } = await library.states.list();
      const { manifests } = await library.images.list();
      const snapshots = states.filter(({ kind }) => kind === 'snapshot');
      output.json(snapshots.map((state) => snapshotDetails(state, manifests)));
      output.tableOr(
        'There are no snapshots yet. Take one: terrarium run tiny --save NAME -- COMMAND',
        COLUMNS,
        treeLines(snapshots).map(({ prefix, snapshot }) => {
          const details = snapshotDetails(snapshot, manifests);
          return [
            `${prefix}${details.name}`,
            details.id,
            details.imageName ?? details.imageId,
            details.vmName,
            sizeText(details.sizeBytes),
            sizeText(details.newBytes),
            [...(details.isProtected ? ['(protected)'] : []), ...details.tags].join(', '),
            timeText(details.createdAt),
          ];
        }),
      );
      for (const { reason } of damaged) output.complain(reason);
      return 0;
    }),
});
