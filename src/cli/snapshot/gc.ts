import { defineCommand, withLibrary } from '../command/command.ts';
import { JSON_OPTION } from '../command/options.ts';
import { countText, sizeText } from '../terminal/units.ts';

/** `terrarium snapshot gc` */
export const snapshotGc = defineCommand({
  words: 'snapshot gc',
  operands: [],
  options: {
    'dry-run': { kind: 'flag', help: 'only say what would be removed' },
    json: JSON_OPTION,
  },
  details: `
Nothing needs a saved state that no VM resumes from and no image starts from, nor a file that no image has.
Snapshots with a name are never removed.`,
  run: (context, { options: { 'dry-run': dryRun } }) =>
    withLibrary(context, async (library) => {
      const { output } = context;
      const report = await library.collectGarbage({ dryRun });
      output.json({ dryRun, ...report });
      const what = dryRun ? 'Would remove' : 'Removed';
      for (const { id, kind, of, sizeBytes } of report.states) {
        const words = kind === 'head' ? `a state that “${of}” was left in` : `a base snapshot of ${of}`;
        output.line(`${what} ${words}: ${id}, ${sizeText(sizeBytes)}`);
      }
      const { count, sizeBytes } = report.blobs;
      if (count > 0) output.line(`${what} ${countText(count, 'file')} of images: ${sizeText(sizeBytes)}`);
      for (const sentence of report.kept) output.complain(sentence);
      const isEmpty = report.states.length === 0 && count === 0;
      output.line(isEmpty ? 'There is nothing to remove.' : `${what} ${sizeText(report.sizeBytes)} in all.`);
      return 0;
    }),
});
