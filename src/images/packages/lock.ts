import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { throwIfCancelled } from './tool.ts';

/** How often a waiting process looks whether the lock is free. */
const POLL_MS = 200;
/** How often a holder shows that it is alive; only looked at where its process id cannot be (another machine). */
const HEARTBEAT_MS = 10_000;
const HEARTBEAT_DEAD_MS = 60_000;

interface Holder {
  readonly pid: number;
  /** When that process began, so that a process id used again is not taken for the holder. */
  readonly startedAt: string | null;
  readonly host: string;
  readonly token: string;
}

const heldHere = new Set<string>();

export interface LockOptions {
  readonly signal: AbortSignal;
  /** Called once when somebody else holds the lock and we wait. */
  readonly onWait?: (pid: number) => void;
}

/**
 * Runs `task` while holding the lock file at `lockPath`. A lock whose holder has died, even by kill -9 or a power
 * cut, is taken over.
 */
export async function withLock<T>(lockPath: string, options: LockOptions, task: () => Promise<T>): Promise<T> {
  await mkdir(path.dirname(lockPath), { recursive: true });
  const holder: Holder = {
    pid: process.pid,
    startedAt: await processStart(process.pid),
    host: hostname(),
    token: randomBytes(12).toString('hex'),
  };
  await acquire(lockPath, holder, options);
  heldHere.add(holder.token);
  const heartbeat = setInterval(() => {
    const now = new Date();
    // A missed beat does no harm: the next one comes.
    utimes(lockPath, now, now).catch(() => undefined);
  }, HEARTBEAT_MS);
  heartbeat.unref();
  try {
    return await task();
  } finally {
    clearInterval(heartbeat);
    heldHere.delete(holder.token);
    const current = await readHolder(lockPath);
    if (current?.token === holder.token) await rm(lockPath, { force: true });
  }
}

async function acquire(lockPath: string, holder: Holder, options: LockOptions): Promise<void> {
  // The content must be there the moment the name is, so the lock is a hard link to a complete file.
  const candidate = `${lockPath}.${holder.token}`;
  await writeFile(candidate, JSON.stringify(holder), { flush: true });
  let told = false;
  try {
    for (;;) {
      throwIfCancelled(options.signal);
      heldHere.add(holder.token);
      if (await linked(candidate, lockPath)) return;
      heldHere.delete(holder.token);
      const current = await readHolder(lockPath);
      if (current !== null && (await isDead(current, lockPath))) {
        await takeAway(lockPath, current);
        continue;
      }
      if (!told && current !== null) {
        told = true;
        options.onWait?.(current.pid);
      }
      await delay(POLL_MS);
    }
  } finally {
    await rm(candidate, { force: true });
  }
}

async function linked(candidate: string, lockPath: string): Promise<boolean> {
  try {
    await link(candidate, lockPath);
    return true;
  } catch (caught) {
    if (caught instanceof Error && 'code' in caught && caught.code === 'EEXIST') return false;
    throw caught;
  }
}

/** Removes a dead holder's lock, and puts back what it took when another process was quicker. */
async function takeAway(lockPath: string, dead: Holder): Promise<void> {
  const aside = `${lockPath}.dead-${randomBytes(6).toString('hex')}`;
  try {
    await rename(lockPath, aside);
  } catch (caught) {
    if (caught instanceof Error && 'code' in caught && caught.code === 'ENOENT') return;
    throw caught;
  }
  const taken = await readHolder(aside);
  if (taken !== null && taken.token !== dead.token) await linked(aside, lockPath);
  await rm(aside, { force: true });
}

async function readHolder(lockPath: string): Promise<Holder | null> {
  try {
    const parsed: unknown = JSON.parse(await readFile(lockPath, 'utf8'));
    return isHolder(parsed) ? parsed : damagedHolder();
  } catch (caught) {
    if (caught instanceof SyntaxError) return damagedHolder();
    if (caught instanceof Error && 'code' in caught && caught.code === 'ENOENT') return null;
    throw caught;
  }
}

/** A lock file is linked complete, so one that cannot be read was torn by a crash of the machine. */
function damagedHolder(): Holder {
  return { pid: 0, startedAt: null, host: hostname(), token: '' };
}

function isHolder(value: unknown): value is Holder {
  return (
    typeof value === 'object' &&
    value !== null &&
    'pid' in value &&
    typeof value.pid === 'number' &&
    'startedAt' in value &&
    (value.startedAt === null || typeof value.startedAt === 'string') &&
    'host' in value &&
    typeof value.host === 'string' &&
    'token' in value &&
    typeof value.token === 'string'
  );
}

async function isDead(holder: Holder, lockPath: string): Promise<boolean> {
  if (holder.host !== hostname()) {
    const seen = await stat(lockPath).catch(() => null);
    return seen !== null && Date.now() - seen.mtimeMs > HEARTBEAT_DEAD_MS;
  }
  if (holder.pid === process.pid) return !heldHere.has(holder.token);
  if (!isRunning(holder.pid)) return true;
  const startedAt = await processStart(holder.pid);
  return startedAt !== null && holder.startedAt !== null && startedAt !== holder.startedAt;
}

function isRunning(pid: number): boolean {
  if (pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (caught) {
    // EPERM: it runs under another user.
    return caught instanceof Error && 'code' in caught && caught.code === 'EPERM';
  }
}

/** Field 22 of /proc/PID/stat, see proc(5); null where there is no such file. */
async function processStart(pid: number): Promise<string | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (text === null) return null;
  // The second field is the program's name in parentheses and may hold spaces.
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}
