import type { ExecResult } from '../machine/guest-api.ts';

/** As `timeout` has it. */
export const EXIT_TIMED_OUT = 124;
/** When Terrarium itself failed; this and the two below as `docker run` has them. */
export const EXIT_TERRARIUM_FAILED = 125;
export const EXIT_CANNOT_INVOKE = 126;
export const EXIT_NOT_FOUND = 127;
/** A shell's for a command that Ctrl-C ended. */
export const EXIT_INTERRUPTED = 130;

/** The exit code that stands for how a command ended: its own, or what a shell would make of the rest. */
export function exitCodeOf(result: ExecResult): number {
  switch (result.kind) {
    case 'exited':
      return result.code;
    case 'signalled':
      return 128 + result.signal;
    case 'timed-out':
      return EXIT_TIMED_OUT;
    case 'cancelled':
      return EXIT_INTERRUPTED;
  }
}
