import type { SnapshotChanges } from '../../shared/model/state.ts';
import { FailureError } from '../../shared/result.ts';
import { defineCommand, withLibrary } from '../command/command.ts';
import { JSON_OPTION } from '../command/options.ts';
import { findSnapshot } from './find-snapshot.ts';

/** `terrarium snapshot set NAME` */
export const snapshotSet = defineCommand({
  words: 'snapshot set',
  operands: ['NAME'],
  options: {
    name: { kind: 'value', value: 'NEW-NAME', help: 'give it another name' },
    note: { kind: 'value', value: 'TEXT', help: 'what there is to know about it; an empty text removes the note' },
    tag: { kind: 'values', value: 'TAG', help: 'add a word to sort it by' },
    untag: { kind: 'values', value: 'TAG', help: 'take a word away' },
    protect: { kind: 'flag', help: 'refuse to delete it' },
    unprotect: { kind: 'flag', help: 'let it be deleted' },
    json: JSON_OPTION,
  },
  details: `
What is not given stays as it is. Snapshots that Terrarium takes by itself are removed when there are newer ones; one
with another name, a note, tags or protection stays.`,
  run: (context, { operands: [nameOrId = ''], options }) =>
    withLibrary(context, async (library) => {
      const { output } = context;
      const { name, note, tag, untag, protect, unprotect } = options;
      if (protect && unprotect) throw new FailureError('bad-input', 'Give either --protect or --unprotect.');
      const snapshot = await findSnapshot(library, nameOrId);
      // As they are stored, so that what was typed is found.
      const removed = new Set(untag.map((one) => one.trim().normalize('NFC')));
      const missing = [...removed].find((one) => !snapshot.tags.includes(one));
      if (missing !== undefined) {
        throw new FailureError('bad-input', `“${snapshot.name}” has no tag “${missing}”. Nothing was changed.`);
      }
      const changes: SnapshotChanges = {
        ...(name !== null && { name }),
        ...(note !== null && { note }),
        ...(tag.length + untag.length > 0 && { tags: [...snapshot.tags.filter((one) => !removed.has(one)), ...tag] }),
        ...((protect || unprotect) && { isProtected: protect }),
      };
      if (Object.keys(changes).length === 0) {
        throw new FailureError(
          'bad-input',
          'Say what to change: --name, --note, --tag, --untag, --protect, --unprotect.',
        );
      }
      const { id, ...changed } = await library.updateSnapshot(snapshot.id, changes);
      const { tags, isProtected } = changed;
      output.json({ id, name: changed.name, note: changed.note, tags, isProtected });
      output.line(`“${changed.name}” was changed (${id}).`);
      return 0;
    }),
});
