import { FailureError } from '../shared/result.ts';

/** Whether what was asked for is not there any more: then what seemed wrong with it is no damage. */
export function isGone(asking: Promise<unknown>): Promise<boolean> {
  return asking.then(
    () => false,
    (cause: unknown) => cause instanceof FailureError && cause.code === 'not-found',
  );
}
