import { parseStateId } from '../../shared/model/ids.ts';
import type { Library } from '../../library/library.ts';
import type { Damage } from '../../library/verify.ts';
import { defineCommand, withLibrary } from '../command/command.ts';
import { JSON_OPTION } from '../command/options.ts';
import type { Output } from '../command/output.ts';
import { countText, sizeText } from '../terminal/units.ts';
import { findSnapshot } from './find-snapshot.ts';

/** `terrarium snapshot verify [NAME]` */
export const snapshotVerify = defineCommand({
  words: 'snapshot verify',
  operands: ['[NAME]'],
  options: { json: JSON_OPTION },
  details: `
With a name or an id, that snapshot alone; without, every saved state and every file of every image. Nothing is
changed. Ends with 0 when all is as it was written, with 1 when something is damaged.`,
  run: (context, { operands: [nameOrId] }) =>
    withLibrary(context, async (library) => {
      const { output, signal } = context;
      const only = nameOrId === undefined ? undefined : await stateToVerify(library, nameOrId);
      const report = await library.verify({
        ...(only !== undefined && { only }),
        signal,
        onProgress: ({ what, doneBytes, totalBytes }) =>
          output.progress({
            step: 'Reading',
            detail: `${what}, ${sizeText(doneBytes)} of ${sizeText(totalBytes)}`,
            fraction: totalBytes === 0 ? 1 : doneBytes / totalBytes,
            remainingMs: null,
          }),
      });
      const { damage, stateCount, imageCount, fileCount, readBytes } = report;
      output.json({ ok: damage.length === 0, ...report });
      for (const one of damage) tell(output, one);
      const parts = [countText(stateCount, 'state')];
      if (only === undefined) parts.push(`${countText(fileCount, 'file')} of ${countText(imageCount, 'image')}`);
      const outcome = damage.length === 0 ? 'All is as it was written.' : `${damage.length} damaged.`;
      output.line(`Read ${sizeText(readBytes)}: ${parts.join(', ')}. ${outcome}`);
      return damage.length === 0 ? 0 : 1;
    }),
});

/** What is damaged is known by its id only. */
async function stateToVerify(library: Library, nameOrId: string) {
  const id = parseStateId(nameOrId);
  const { damaged } = await library.states.list();
  if (id.ok && damaged.some((state) => state.id === id.value)) return id.value;
  return (await findSnapshot(library, nameOrId)).id;
}

function tell(output: Output, { message, neededBy }: Damage): void {
  output.marked(`${output.paint('red', 'damaged')}  `, message);
  if (neededBy.length > 0) output.line(`         Needed by: ${neededBy.join(', ')}`);
}
