import { defineCommand, withLibrary } from '../command/command.ts';
import { JSON_OPTION } from '../command/options.ts';
import { showProgress } from './bundle-progress.ts';

/** `terrarium snapshot import FILE` */
export const snapshotImport = defineCommand({
  words: 'snapshot import',
  operands: ['FILE'],
  options: { json: JSON_OPTION },
  details: `
All of FILE is checked before anything is changed. What the library has already is not imported again; a name may then
be there twice, and ids tell the two apart.`,
  run: (context, { operands: [path = ''] }) =>
    withLibrary(context, async (library) => {
      const { output, signal } = context;
      const report = await library.importBundle({ path, signal, onProgress: showProgress(output, 'Importing') });
      output.json(report);
      for (const { id, name } of report.images) output.line(`Imported the image “${name}” (${id}).`);
      for (const { id, name } of report.imported) output.line(`Imported “${name}” (${id}).`);
      for (const { id, name } of report.alreadyThere) output.line(`“${name}” is there already (${id}).`);
      return 0;
    }),
});
