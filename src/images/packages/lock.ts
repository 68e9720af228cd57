import { withFileLock } from '../../library/claims/file-lock.ts';
import { throwIfCancelled } from './tool.ts';

/** These locks are held for as long as a download or a compilation takes. */
const POLL_MAX_MS = 200;

export interface LockOptions {
  readonly signal: AbortSignal;
  /** Called once when somebody else holds the lock and we wait. */
  readonly onWait?: (pid: number) => void;
}

/**
 * Runs `task` while holding the lock file at `lockPath`. A lock whose holder has died, even by kill -9 or a power
 * cut, is taken over.
 */
export function withLock<T>(lockPath: string, { signal, onWait }: LockOptions, task: () => Promise<T>): Promise<T> {
  const onLook = (): void => throwIfCancelled(signal);
  const waiting = onWait === undefined ? {} : { onWait: ({ pid }: { pid: number }) => onWait(pid) };
  return withFileLock(lockPath, { pollMaxMs: POLL_MAX_MS, onLook, ...waiting }, task);
}
