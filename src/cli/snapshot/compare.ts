import type { FileChange, FileDifference } from '../../shared/model/file-changes.ts';
import { defineCommand, withLibrary } from '../command/command.ts';
import { JSON_OPTION } from '../command/options.ts';
import { countText, sizeText } from '../terminal/units.ts';
import { findSnapshot } from './find-snapshot.ts';

const MARKS = { added: '+', removed: '-', changed: '~' } as const;
const WORDS: Record<FileDifference, string> = {
  kind: 'another kind of file',
  content: 'content',
  mode: 'permissions',
  owner: 'owner',
  target: 'target',
};

/** `terrarium snapshot compare BEFORE AFTER` */
export const snapshotCompare = defineCommand({
  words: 'snapshot compare',
  operands: ['BEFORE', 'AFTER'],
  options: { json: JSON_OPTION },
  details: `
Which files were added (+), removed (-) or changed (~) from one snapshot to another, without running either.
Times alone are no change. What lies in memory only (/tmp, /proc) is not among it.`,
  run: (context, { operands: [before = '', after = ''] }) =>
    withLibrary(context, async (library) => {
      const { output } = context;
      const [old, now] = [await findSnapshot(library, before), await findSnapshot(library, after)];
      const compared = await library.states.compareFiles(old, now);
      output.json(compared);
      for (const change of compared.changes) output.line(lineOf(change));
      const { changes, addedCount, removedCount, changedCount } = compared;
      const total = addedCount + removedCount + changedCount;
      output.line(
        `${countText(total, 'file')}: ${addedCount} added, ${removedCount} removed, ${changedCount} changed from “${old.name}” to “${now.name}”.`,
      );
      if (total > changes.length) output.complain(`Only the first ${changes.length} are listed.`);
      return 0;
    }),
});

function lineOf({ path, change, kind, sizeBefore, sizeAfter, differs }: FileChange): string {
  const name = kind === 'directory' ? `${path}/` : path;
  if (change !== 'changed') return `${MARKS[change]} /${name}`;
  const sizes =
    differs.includes('content') && sizeBefore !== sizeAfter
      ? ` (${sizeText(sizeBefore ?? 0)} → ${sizeText(sizeAfter ?? 0)})`
      : '';
  return `${MARKS[change]} /${name}  ${differs.map((each) => WORDS[each]).join(', ')}${sizes}`;
}
