/**
 * `store-program save HOME FILE MANIFEST | restore HOME ID FILE | fill HOME COUNT MANIFEST | list HOME`: one thing done
 * with a store, by a program as small as ours can be, so that it can be measured beside other programs. Prints a
 * {@link StoreOutcome}.
 */
import { randomBytes } from 'node:crypto';
import { FileStateStore } from '../../src/library/file-state-store.ts';
import { libraryPaths } from '../../src/library/paths.ts';
import { fill, restore, save } from './store-work.ts';

export interface StoreOutcome {
  /** Of the work itself, without the process's start. */
  readonly insideMs: number;
  /** How many states were listed. */
  readonly count: number;
}

async function main([what = '', home = '', first = '', second = '']: readonly string[]): Promise<void> {
  const began = performance.now();
  const states = new FileStateStore(libraryPaths(home), { now: Date.now, randomBytes: (bytes) => randomBytes(bytes) });
  let count = 0;
  if (what === 'save') await save(states, first, second);
  else if (what === 'restore') await restore(states, first, second);
  else if (what === 'fill') await fill(states, Number(first), second);
  else count = (await states.list()).states.length;
  const outcome: StoreOutcome = { insideMs: performance.now() - began, count };
  console.log(JSON.stringify(outcome));
}

await main(process.argv.slice(2));
