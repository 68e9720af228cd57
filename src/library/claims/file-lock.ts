import { link, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { errorCode } from '../durable.ts';
import { isDead, keepAlive, newMark, readMark, retireMark, type ProcessMark } from './process-mark.ts';

/*
 * A lock between processes is a file under a known name that says who has it. It becomes void when its holder
 * has ended, and is then removed by exactly one of those who want it: whoever has the lock on the dead lock
 * (`LOCK.after-TOKEN`, a lock like any other). Only while holding that may a lock be removed that is not
 * one's own, and only if it is still the one of that token, so a live holder never loses its lock.
 */

/** Who locks: a mark, and a complete file that holds it (outlives every lock made of it). */
export interface Locker {
  readonly mark: ProcessMark;
  readonly file: string;
}

export interface WaitOptions {
  /** How long to wait at most. */
  readonly patienceMs: number;
  /** Waiting looks often at first, then ever more seldom down to this. */
  readonly pollMaxMs: number;
  /** Called before each look; what it throws ends the waiting. */
  readonly onLook?: () => void;
  /** Called once when somebody else has the lock and we wait. */
  readonly onWait?: (holder: ProcessMark) => void;
}

const POLL_MIN_MS = 2;
const POLL_GROWTH = 1.5;
/** File systems without hard links (FAT, some network mounts), or with too many of one file. */
const NO_LINK = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV']);

/** One attempt. @returns null when the lock is ours, else who has it */
export async function tryLock(lockPath: string, locker: Locker): Promise<ProcessMark | null> {
  for (;;) {
    if (await appeared(lockPath, locker)) return null;
    const holder = await readMark(lockPath);
    if (holder === null) continue;
    if (!(await isDead(holder, lockPath))) return holder;
    const remover = await removeDead(lockPath, holder, locker);
    if (remover !== null) return remover;
  }
}

/** @returns null when the lock is ours, else who still had it when the patience was over */
export async function waitForLock(lockPath: string, locker: Locker, options: WaitOptions): Promise<ProcessMark | null> {
  const deadlineMs = performance.now() + options.patienceMs;
  let isTold = false;
  for (let pollMs = POLL_MIN_MS; ; pollMs = Math.min(pollMs * POLL_GROWTH, options.pollMaxMs)) {
    options.onLook?.();
    const holder = await tryLock(lockPath, locker);
    if (holder === null || performance.now() > deadlineMs) return holder;
    if (!isTold) options.onWait?.(holder);
    isTold = true;
    // Those who wait must not look in step.
    await delay(pollMs * (0.5 + Math.random() / 2));
  }
}

/** Gives a lock up. One that is somebody else's by now (we were taken for dead) stays. */
export async function unlock(lockPath: string, { mark }: Locker): Promise<void> {
  const holder = await readMark(lockPath);
  if (holder?.token === mark.token) await rm(lockPath, { force: true });
}

/**
 * Runs `task` while holding the lock file at `lockPath`, for programs that share a folder and nothing else. Waits as
 * long as it takes. A lock whose holder has died, even by kill -9 or a power cut, is taken over.
 */
export async function withFileLock<T>(
  lockPath: string,
  options: Omit<WaitOptions, 'patienceMs'>,
  task: () => Promise<T>,
): Promise<T> {
  await mkdir(path.dirname(lockPath), { recursive: true });
  const mark = await newMark('program');
  const locker: Locker = { mark, file: `${lockPath}.${mark.token}` };
  let stopHeartbeat = (): void => undefined;
  try {
    try {
      await writeFile(locker.file, JSON.stringify(mark), { flag: 'wx' });
      await waitForLock(lockPath, locker, { ...options, patienceMs: Infinity });
    } finally {
      await rm(locker.file, { force: true });
    }
    stopHeartbeat = keepAlive(lockPath);
    try {
      return await task();
    } finally {
      await unlock(lockPath, locker);
    }
  } finally {
    stopHeartbeat();
    retireMark(mark);
  }
}

/** Makes the lock appear with its content, if there is none. @returns whether it did */
async function appeared(lockPath: string, { mark, file }: Locker): Promise<boolean> {
  try {
    // A name for a complete file: there is no moment at which the lock is there and its content is not.
    await link(file, lockPath);
    return true;
  } catch (cause) {
    const code = errorCode(cause) ?? '';
    if (code === 'EEXIST') return false;
    if (!NO_LINK.has(code)) throw cause;
  }
  try {
    await writeFile(lockPath, JSON.stringify(mark), { flag: 'wx' });
    return true;
  } catch (cause) {
    if (errorCode(cause) === 'EEXIST') return false;
    throw cause;
  }
}

/** @returns null when the lock is to be tried again, else who is about to remove it */
async function removeDead(lockPath: string, dead: ProcessMark, locker: Locker): Promise<ProcessMark | null> {
  const turn = `${lockPath}.after-${dead.token === '' ? 'torn' : dead.token}`;
  const other = await tryLock(turn, locker);
  if (other !== null) return other;
  try {
    const now = await readMark(lockPath);
    if (now?.token === dead.token) await rm(lockPath, { force: true });
    return null;
  } finally {
    await unlock(turn, locker);
  }
}
