import { FailureError } from '../shared/result.ts';

/** @param what is wrong, as the rest of a sentence */
export function damagedState(what: string): FailureError {
  return new FailureError(
    'damaged',
    `The state is damaged: ${what}. It was not loaded; other snapshots are untouched.`,
  );
}
