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
Nothing needs a saved state that no VM resumes from and no image starts from, nor pages of memory and files that no
state has, nor a file that no image has. Snapshots are never removed. Pages of states that are still there count only
once those are gone, so more may be freed than --dry-run says.`,
  run: (context, { options: { 'dry-run': dryRun } }) =>
    withLibrary(context, async (library) => {
      const { output } = context;
      const report = await library.collectGarbage({ dryRun });
      output.json({ dryRun, ...report });
      const what = dryRun ? 'Would remove' : 'Removed';
      for (const { id, kind, of } of report.states) {
        output.line(
          `${what} ${kind === 'head' ? `a state that “${of}” was left in` : `a base snapshot of ${of}`}: ${id}`,
        );
      }
      const { states, pages, blobs, sizeBytes } = report;
      if (pages.sizeBytes > 0) output.line(`${what} pages that no saved state has: ${sizeText(pages.sizeBytes)}`);
      if (blobs.count > 0) {
        output.line(`${what} ${countText(blobs.count, 'file')} of images: ${sizeText(blobs.sizeBytes)}`);
      }
      for (const sentence of report.kept) output.complain(sentence);
      const isEmpty = states.length === 0 && sizeBytes === 0;
      output.line(isEmpty ? 'There is nothing to remove.' : `${what} ${sizeText(sizeBytes)} in all.`);
      return 0;
    }),
});
