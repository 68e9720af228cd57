import { FailureError } from '../shared/result.ts';

/**
 * Stops waiting for work that goes on by itself, such as what a machine was asked to do, when the signal is aborted.
 * @param what as the start of a sentence: “The copy”
 */
export async function unlessCancelled<T>(what: string, signal: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  if (signal === undefined) return work;
  let onAbort = (): void => undefined;
  const cancelled = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(new FailureError('cancelled', `${what} was cancelled.`));
  });
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([cancelled, work]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
