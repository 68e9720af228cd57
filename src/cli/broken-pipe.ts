import { signalExitCode } from './command/stop-signals.ts';

export interface PipeWatch {
  /** What to end with when the reader went away, else null. */
  brokenExitCode(): number | null;
}

/**
 * `terrarium ... | head`: when the reader goes, the command stops as by a polite kill, without a word, and its exit
 * code is what the shell gives to other programs then.
 */
export function endQuietlyWithReader(stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream): PipeWatch {
  let isBroken = false;
  stdout.on('error', (error: Error) => {
    if (!isPipeError(error)) throw error;
    // Every write after the first one fails as well.
    if (isBroken) return;
    isBroken = true;
    // Whoever has something to clean up listens to this; nobody does in a command that only prints.
    process.emit('SIGTERM', 'SIGTERM');
  });
  stderr.on('error', (error: Error) => {
    // Nobody reads complaints; the command itself goes on.
    if (!isPipeError(error)) throw error;
  });
  return { brokenExitCode: () => (isBroken ? signalExitCode('SIGPIPE') : null) };
}

function isPipeError(error: Error): boolean {
  return 'code' in error && (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED');
}
