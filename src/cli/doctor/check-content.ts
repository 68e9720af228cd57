import { exists } from '../../images/packages/cache.ts';
import type { Library } from '../../library/library.ts';
import { libraryPaths } from '../../library/paths.ts';
import { VmStore } from '../../library/vm-store.ts';
import { withLibrary, type CommandContext } from '../command/command.ts';
import { countText, sizeText } from '../terminal/units.ts';
import { problem, warning, well, type Check, type Finding } from './finding.ts';

/** What the library holds, as far as its records tell; `snapshot verify` reads the rest. */
export const checkContent: Check = async (context) => {
  // Opening it would make it.
  if (!(await exists(context.places.home))) return [];
  return withLibrary(context, async (library) => {
    const advice = 'It is left alone and everything else works. What cannot be used is deleted with its “rm” command.';
    const vms = await new VmStore(libraryPaths(context.places.home).vms).list();
    const images = await library.images.list();
    const { states, damaged } = await library.states.list();
    const sentences = [...vms.problems, ...images.problems, ...damaged.map(({ reason }) => reason)];
    const problems = sentences.map((sentence) => problem('content', sentence, advice));
    const snapshots = states.filter(({ kind }) => kind === 'snapshot').length;
    const kept = well(
      'content',
      `${countText(vms.records.length, 'VM')} and ${countText(snapshots, 'snapshot')} are kept.`,
    );
    return [...problems, kept, ...(await garbage(context, library))];
  });
};

async function garbage(context: CommandContext, library: Library): Promise<readonly Finding[]> {
  const { sizeBytes, states } = await library.collectGarbage({ dryRun: true });
  if (states.length === 0 && sizeBytes === 0) return [];
  // What the pages of a state take is known only when it is gone.
  const message =
    states.length === 0
      ? `${sizeText(sizeBytes)} are taken by what nothing needs any more.`
      : `${countText(states.length, 'saved state')} and ${sizeText(sizeBytes)} of other things are needed by nothing any more.`;
  return [
    warning('content', message, 'Remove it: terrarium snapshot gc', () =>
      withLibrary(context, async (opened) => {
        const report = await opened.collectGarbage({ dryRun: false });
        return `Removed ${sizeText(report.sizeBytes)} that nothing needed.`;
      }),
    ),
  ];
}
