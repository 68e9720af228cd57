/**
 * `store-server HOME THREAD`: a program that has the store open, as the app has, with its page work in a thread. Its
 * parent tells it what to do, one thing at a time.
 */
import { randomBytes } from 'node:crypto';
import { FileStateStore } from '../../src/library/file-state-store.ts';
import { ThreadPageWork } from '../../src/library/pages/thread-work.ts';
import { libraryPaths } from '../../src/library/paths.ts';
import { restore, save } from './store-work.ts';

export type StoreCommand =
  | { readonly t: 'save'; readonly rawPath: string; readonly manifestPath: string }
  | { readonly t: 'restore'; readonly id: string; readonly target: string };
/** Null when it was done, else why not. */
export type StoreReply = string | null;

const [, , home = '', threadPath = ''] = process.argv;
const paths = libraryPaths(home);
const dependencies = { now: Date.now, randomBytes: (count: number) => randomBytes(count) };
const states = new FileStateStore(paths, dependencies, new ThreadPageWork(threadPath, paths, dependencies));
const reply = (message: StoreReply): void => {
  // Sent as an object: null is no message.
  process.send?.({ message });
};

process.on('message', (command: StoreCommand) => {
  const work =
    command.t === 'save'
      ? save(states, command.rawPath, command.manifestPath)
      : restore(states, command.id, command.target);
  work.then(
    () => reply(null),
    (cause: unknown) => reply(cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)),
  );
});
