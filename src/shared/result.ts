/**
 * Expected failures travel as values: a stable code for programs, a sentence for people.
 * Bugs are thrown.
 */
export type Result<T> = Ok<T> | Err;

export interface Ok<T> {
  readonly ok: true;
  readonly value: T;
}

export interface Err {
  readonly ok: false;
  readonly error: Failure;
}

/** What went wrong. `message` says what happened, what was kept, and what to do. */
export interface Failure {
  readonly code: FailureCode;
  readonly message: string;
}

/** Every code a caller may branch on. Add one here before using it. */
export const FAILURE_CODES = [
  'bad-input',
  'busy',
  'cancelled',
  'config-mismatch',
  'damaged',
  'disk-full',
  'exists',
  'guest-unresponsive',
  'illegal-transition',
  'internal',
  'io',
  'limit',
  'missing-tool',
  'not-found',
  'unsupported',
] as const;

export type FailureCode = (typeof FAILURE_CODES)[number];

export function ok(): Ok<void>;
export function ok<T>(value: T): Ok<T>;
export function ok<T>(value?: T): Ok<T | undefined> {
  return { ok: true, value };
}

export function err(code: FailureCode, message: string): Err {
  return { ok: false, error: { code, message } };
}

/**
 * An expected failure on its way through code that uses exceptions (streams, promises).
 * At a boundary it becomes an `Err` again through {@link toErr}.
 */
export class FailureError extends Error {
  readonly code: FailureCode;

  constructor(code: FailureCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'FailureError';
    this.code = code;
  }
}

/** The `Err` for something caught: a FailureError keeps its code, anything else is `internal`. */
export function toErr(caught: unknown): Err {
  if (caught instanceof FailureError) return err(caught.code, caught.message);
  const message = caught instanceof Error ? caught.message : String(caught);
  return err('internal', `Something went wrong inside Terrarium: ${message}`);
}

/** The value of a result, or its failure thrown as a {@link FailureError}. */
export function unwrap<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new FailureError(result.error.code, result.error.message);
}
