import { randomBytes } from 'node:crypto';
import { unlinkSync } from 'node:fs';
import { readFile, readlink, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { threadId } from 'node:worker_threads';
import * as v from 'valibot';
import { errorCode } from '../durable.ts';

/** Which of our programs a process is, for the sentences that name it. */
export const PROGRAMS = ['app', 'command', 'builder', 'program'] as const;
export type Program = (typeof PROGRAMS)[number];

const markSchema = v.object({
  pid: v.pipe(v.number(), v.integer()),
  /** When that process began, so that a process id used again is not taken for it. */
  startedAt: v.nullable(v.string()),
  /** Workers of Node share a process id. */
  thread: v.fallback(v.number(), 0),
  host: v.string(),
  /** Which process ids it means: a container may have the host's name and its own. */
  pidNamespace: v.optional(v.string()),
  /** Random, and once only: no two holders ever have the same. */
  token: v.pipe(v.string(), v.regex(/^([0-9a-z]{1,40})?$/)),
  program: v.fallback(v.picklist(PROGRAMS), 'program'),
});

/** What a lock or claim says about who has it. */
export type ProcessMark = v.InferOutput<typeof markSchema>;

/** How often a holder shows that it is alive; only looked at where its process id cannot be (another computer or container). */
const HEARTBEAT_MS = 10_000;
const HEARTBEAT_DEAD_MS = 60_000;
/** Where links cannot be made, a mark is there for a moment before its content is. */
const TORN_GRACE_MS = 1_000;

/** Stands for the start of a process that has ended: no mark has it. */
const ENDED = 'ended';

const liveTokens = new Set<string>();
const removedAtExit = new Set<string>();
let ownStart: Promise<string | null> | null = null;
let ownNamespace: Promise<string | null> | null = null;

/** A mark of this process. It counts as dead again after {@link retireMark}. */
export async function newMark(program: Program): Promise<ProcessMark> {
  const token = randomBytes(12).toString('hex');
  liveTokens.add(token);
  ownStart ??= processStart(process.pid);
  const [startedAt, pidNamespace] = await Promise.all([ownStart, pidNamespaceOf()]);
  return {
    pid: process.pid,
    startedAt,
    thread: threadId,
    host: hostname(),
    ...(pidNamespace !== null && { pidNamespace }),
    token,
    program,
  };
}

export function retireMark({ token }: ProcessMark): void {
  liveTokens.delete(token);
}

/** @returns null when there is no such file */
export async function readMark(file: string): Promise<ProcessMark | null> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return null;
    throw cause;
  }
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), markSchema), text);
  return parsed.success ? parsed.output : tornMark();
}

/** A mark appears complete, so one that cannot be read was torn by a crash of the computer. */
function tornMark(): ProcessMark {
  return { pid: 0, startedAt: null, thread: 0, host: hostname(), token: '', program: 'program' };
}

/** Whether whoever left the mark in this file has ended, even by kill -9 or a power cut. */
export async function isDead(mark: ProcessMark, file: string): Promise<boolean> {
  if (mark.token === '') return (await ageMs(file)) > TORN_GRACE_MS;
  if (!(await meansOurPids(mark))) return (await ageMs(file)) > HEARTBEAT_DEAD_MS;
  const startedAt = mark.pid === process.pid ? await ownStart : await processStart(mark.pid);
  if (startedAt !== null && mark.startedAt !== null && startedAt !== mark.startedAt) return true;
  if (mark.pid === process.pid) return mark.thread === threadId && !liveTokens.has(mark.token);
  return !isRunning(mark.pid);
}

async function meansOurPids({ host, pidNamespace }: ProcessMark): Promise<boolean> {
  return host === hostname() && (pidNamespace === undefined || pidNamespace === (await pidNamespaceOf()));
}

/** As namespaces(7) has it: `pid:[4026531836]`; null where there is no such thing. */
function pidNamespaceOf(): Promise<string | null> {
  return (ownNamespace ??= readlink('/proc/self/ns/pid').catch(() => null));
}

/** Shows that the holder of a file is alive, until the returned function is called. */
export function keepAlive(file: string): () => void {
  const heartbeat = setInterval(() => {
    const now = new Date();
    // A missed beat does no harm: the next one comes.
    utimes(file, now, now).catch(() => undefined);
  }, HEARTBEAT_MS);
  heartbeat.unref();
  return () => clearInterval(heartbeat);
}

/** Removes a file when the process ends in an orderly way. Until then {@link keepAtExit} takes that back. */
export function removeAtExit(file: string): void {
  if (removedAtExit.size === 0) process.once('exit', removeAll);
  removedAtExit.add(file);
}

export function keepAtExit(file: string): void {
  removedAtExit.delete(file);
  if (removedAtExit.size === 0) process.removeListener('exit', removeAll);
}

function removeAll(): void {
  for (const file of removedAtExit) {
    try {
      unlinkSync(file);
    } catch (cause) {
      // The process ends, which voids the claim just as well.
      if (errorCode(cause) === null) throw cause;
    }
  }
}

/** A clock that was set back makes a file look young; one from far ahead is as old as one from long ago. */
async function ageMs(file: string): Promise<number> {
  const seen = await stat(file).catch(() => null);
  return seen === null ? 0 : Math.abs(Date.now() - seen.mtimeMs);
}

function isRunning(pid: number): boolean {
  if (pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    // EPERM: it runs under another user.
    return errorCode(cause) === 'EPERM';
  }
}

/**
 * The boot and field 22 of /proc/PID/stat, see proc(5); null where there is no such file. Ticks are counted
 * from the boot, so after a power cut a process of the same number may have begun at the same tick.
 */
async function processStart(pid: number): Promise<string | null> {
  const [text, boot] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null),
    readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => ''),
  ]);
  if (text === null) return null;
  // The second field is the program's name in parentheses and may hold spaces.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  // It has ended, and nobody has asked how (in a container without an init that can be so for ever).
  if (fields[0] === 'Z') return ENDED;
  const ticks = fields[19];
  return ticks === undefined ? null : `${boot.trim()}/${ticks}`;
}
