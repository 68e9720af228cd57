import { signalExitCode } from './command/stop-signals.ts';

export interface PipeWatch {
  /** What to end with when the reader went away, else null. */
  brokenExitCode(): number | null;
}

/**
 * `terrarium ... | head`: when the reader goes, the command stops as by a polite kill, without a word, and its exit
 * code is what the shell gives to other programs then. A terminal whose window is closed is such a reader, too.
 */
export function endQuietlyWithReader(stdout: NodeJS.WritableStream, stderr: NodeJS.WritableStream): PipeWatch {
  let isBroken = false;
  stdout.on('error', (error: Error) => {
    if (!isReaderGone(error)) throw error;
    // Every write after the first one fails as well.
    if (isBroken) return;
    isBroken = true;
    // Whoever has something to clean up listens to this; nobody does in a command that only prints.
    process.emit('SIGTERM', 'SIGTERM');
  });
  stderr.on('error', (error: Error) => {
    // Nobody reads complaints; the command itself goes on.
    if (!isReaderGone(error)) throw error;
  });
  return { brokenExitCode: () => (isBroken ? signalExitCode('SIGPIPE') : null) };
}

/** EIO is what a terminal that was closed says. */
const GONE = new Set<unknown>(['EPIPE', 'EIO', 'ERR_STREAM_DESTROYED']);

function isReaderGone(error: Error): boolean {
  return 'code' in error && GONE.has(error.code);
}
