import { constants } from 'node:os';

/** Ctrl-C, a polite kill, and the terminal being closed. */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A task was stopped by a signal, and has cleaned up after itself. */
export class StoppedError extends Error {
  /** 128 and the number of the signal, as a shell has it. */
  readonly exitCode: number;

  constructor(signal: NodeJS.Signals, options?: { cause?: unknown }) {
    super('Stopped.', options);
    this.name = 'StoppedError';
    this.exitCode = signalExitCode(signal);
  }
}

export function signalExitCode(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}

/**
 * Runs a task whose signal is aborted by the first stop signal; the second one ends the process at once.
 * @throws StoppedError when the task failed after it had been told to stop
 */
export async function withStopSignals<T>(task: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const abort = new AbortController();
  const received: NodeJS.Signals[] = [];
  const onSignal = (signal: NodeJS.Signals): void => {
    if (received.length > 0) process.exit(signalExitCode(signal));
    received.push(signal);
    abort.abort();
  };
  for (const signal of STOP_SIGNALS) process.on(signal, onSignal);
  try {
    return await task(abort.signal);
  } catch (cause) {
    const [first] = received;
    if (first === undefined) throw cause;
    throw new StoppedError(first, { cause });
  } finally {
    for (const signal of STOP_SIGNALS) process.off(signal, onSignal);
  }
}
