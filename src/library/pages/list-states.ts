import { readFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { StateId } from '../../shared/model/ids.ts';
import type { StateManifest } from '../../shared/model/state.ts';
import { FailureError } from '../../shared/result.ts';
import { errorCode } from '../durable.ts';
import { unseal } from '../sealed-json.ts';
import type { StateListing } from '../state-store.ts';
import { checkedManifest, type StateFolder } from './state-folder.ts';

/**
 * A small file is read at once in a tenth of the time it takes on the platform's threads, and every start of the
 * command looks through all of them. So many are read in a millisecond, then others have their turn.
 */
export const GLANCES_AT_ONCE = 50;

/** All states, by age. */
export async function listStates(folder: StateFolder): Promise<StateListing> {
  const states: StateManifest[] = [];
  const damaged: { id: string; reason: string }[] = [];
  for await (const [id, text] of manifestTexts(folder)) {
    try {
      const manifest =
        text === null ? await folder.manifest(id) : checkedManifest(unseal(text, `The saved state ${id}`), id);
      states.push(manifest);
    } catch (cause) {
      if (!(cause instanceof FailureError)) throw cause;
      // One that was removed since the folder was listed is none.
      if (cause.code !== 'not-found') damaged.push({ id, reason: cause.message });
    }
  }
  states.sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
  return { states, damaged };
}

/** Each state's manifest as it is on disk, or null where it could not be read. */
export async function* manifestTexts(
  folder: StateFolder,
): AsyncGenerator<readonly [StateId, string | null], void, void> {
  for (const [index, id] of (await folder.ids()).entries()) {
    if (index % GLANCES_AT_ONCE === 0 && index > 0) await nextTurn();
    let text: string | null = null;
    try {
      text = readFileSync(folder.manifestFile(id), 'utf8');
    } catch (cause) {
      if (errorCode(cause) === null) throw cause;
    }
    yield [id, text];
  }
}
