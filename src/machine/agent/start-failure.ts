import { FailureError } from '../../shared/result.ts';
import { CommandNotRun } from '../guest-api.ts';
import { ERRNO, guestFailure } from './errno.ts';

/** What was being done when a command could not be started (enum stage in resources/guest/agent/agent.h). */
const STAGE = { resources: 1, user: 2, folder: 3, program: 4 } as const;

/** Why a command could not be started: {@link CommandNotRun} when the command itself is to blame. */
export function startFailure(stage: number, errno: number, argv: readonly string[]): FailureError {
  const shown = (argv[0] ?? '').slice(0, 200);
  switch (stage) {
    case STAGE.user:
      return new FailureError('bad-input', 'The command was not started: the VM has no such user.');
    case STAGE.folder:
      return guestFailure(errno, 'The command was not started in that folder');
    case STAGE.program:
      if (errno === ERRNO.ENOENT || errno === ERRNO.ENOTDIR)
        return new CommandNotRun('not-found', `There is no program “${shown}” in the VM.`, 127);
      if (errno === ERRNO.E2BIG)
        return new FailureError('limit', 'The command has more arguments than Linux takes. It was not started.');
      return new CommandNotRun('bad-input', `“${shown}” cannot be run in the VM: ${reasonOf(errno)}.`, 126);
    default:
      return guestFailure(errno, 'The command was not started');
  }
}

function reasonOf(errno: number): string {
  if (errno === ERRNO.EACCES || errno === ERRNO.EPERM) return 'it is not marked as a program, or is a folder';
  if (errno === ERRNO.ENOEXEC) return 'it is no program for this kind of machine';
  return `Linux refuses it with error ${errno}`;
}
