import { FailureError } from '../../shared/result.ts';

/** A container image that cannot be taken. */
export function badImage(why: string): FailureError {
  return new FailureError('bad-input', `The container image cannot be imported: ${why}. Nothing was imported.`);
}

/** One whose bytes are not those that it names. */
export function damagedImage(why: string): FailureError {
  return new FailureError(
    'damaged',
    `The container image is damaged: ${why}. Nothing was imported; save or fetch it again.`,
  );
}
