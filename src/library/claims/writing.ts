import { setTimeout as delay } from 'node:timers/promises';
import { FailureError } from '../../shared/result.ts';
import type { Claims, Hold } from './claims.ts';
import type { ProcessMark } from './process-mark.ts';
import { describeHolder } from './words.ts';

/*
 * Cleaning up beside processes that write. What is written has parts that nothing refers to yet: a state before its VM
 * points to it, the files of an image before its manifest is there. A writer says so and then looks whether somebody
 * is cleaning up; who cleans up says so and then looks for writers. So one of the two always sees the other.
 */

/** What is being written: states, or the files and the base snapshot of an image. */
export type Writing = 'saving' | 'building';

/** Cleaning lists and removes files; those of a large image are some ten thousand. */
const CLEANING_PATIENCE_MS = 120_000;
const POLL_MIN_MS = 2;
const POLL_MAX_MS = 50;

const cleaning = (what: Writing): string => `cleaning-${what}`;

/** Announces that something is being written, and waits for who is cleaning up now. @throws FailureError `busy` */
export async function beginWriting(claims: Claims, what: Writing): Promise<Hold> {
  const hold = await claims.share(what);
  const deadlineMs = performance.now() + CLEANING_PATIENCE_MS;
  for (let pollMs = POLL_MIN_MS; ; pollMs = Math.min(2 * pollMs, POLL_MAX_MS)) {
    const cleaner = await claims.holder(cleaning(what));
    if (cleaner === null) return hold;
    if (performance.now() > deadlineMs) {
      await hold.release();
      throw new FailureError(
        'busy',
        `The library is being cleaned up by ${describeHolder(cleaner.mark)}. Nothing was saved. Wait until that is done, then try again.`,
      );
    }
    await delay(pollMs);
  }
}

export type CleaningOutcome<T> =
  | { readonly done: true; readonly value: T }
  | { readonly done: false; /** Who writes or cleans. */ readonly by: ProcessMark };

/** Runs a clean-up unless something of that kind is being written. */
export async function whileNobodyWrites<T>(
  claims: Claims,
  what: Writing,
  task: () => Promise<T>,
): Promise<CleaningOutcome<T>> {
  const taken = await claims.hold(cleaning(what));
  if (!('hold' in taken)) return { done: false, by: taken.holder };
  try {
    const [writer] = await claims.sharers(what);
    return writer ? { done: false, by: writer } : { done: true, value: await task() };
  } finally {
    await taken.hold.release();
  }
}
