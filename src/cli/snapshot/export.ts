import { subtree } from '../../library/bundle/subtree.ts';
import { defineCommand, withLibrary } from '../command/command.ts';
import { JSON_OPTION } from '../command/options.ts';
import { countText, sizeText } from '../terminal/units.ts';
import { showProgress } from './bundle-progress.ts';
import { allSnapshots, findSnapshot } from './find-snapshot.ts';

/** `terrarium snapshot export NAME FILE` */
export const snapshotExport = defineCommand({
  words: 'snapshot export',
  operands: ['NAME', 'FILE'],
  options: {
    children: { kind: 'flag', help: 'with all snapshots that continue from it' },
    'with-image': { kind: 'flag', help: 'with the image, for where it was never built' },
    since: {
      kind: 'value',
      value: 'NAME',
      help: 'leave out what a snapshot has that the receiver has, too; or an image, for its first state',
    },
    json: JSON_OPTION,
  },
  details: `
FILE takes the place of what has that name; “.terrarium” is its usual ending. It is as large as what the snapshots have
that is different, compressed. “terrarium snapshot import FILE” reads it, on this or another computer. It holds all that
was in the memory of the machines, passwords included.`,
  run: (context, { operands: [nameOrId = '', path = ''], options }) =>
    withLibrary(context, async (library) => {
      const { output, signal } = context;
      const snapshot = await findSnapshot(library, nameOrId);
      const snapshots = options.children ? subtree(await allSnapshots(library), snapshot.id) : [snapshot.id];
      const since = options.since === null ? null : (await library.find(options.since)).start.id;
      const report = await library.exportBundle({
        snapshots,
        withImage: options['with-image'],
        since,
        path,
        signal,
        onProgress: showProgress(output, 'Exporting'),
      });
      output.json({ path, ...report });
      const parts = [countText(report.snapshots.length, 'snapshot')];
      for (const { name } of report.images) parts.push(`the image “${name}”`);
      output.line(`Exported ${parts.join(' and ')} to ${path}: ${sizeText(report.sizeBytes)}.`);
      return 0;
    }),
});
