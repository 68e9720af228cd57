import { spawn, type ChildProcess } from 'node:child_process';
import { access } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { FailureError } from '../../shared/result.ts';

export interface ToolOptions {
  readonly signal: AbortSignal;
  readonly cwd?: string;
  /** Added to this process's environment; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Each line of standard output and of standard error, as it comes. */
  readonly onLine?: (line: string) => void;
  /** Each line the tool writes to file descriptor 3 (apt's machine-readable status). */
  readonly onStatusLine?: (line: string) => void;
  /** Said when the tool is not installed: how to get it. */
  readonly missing?: string;
}

export interface ToolOutcome {
  readonly exitCode: number;
  readonly stdout: string;
  /** The last lines of standard error. */
  readonly errorTail: string;
}

/** Longest output kept; a package index record is a few KiB, a mistake could be endless. */
const STDOUT_MAX_CHARACTERS = 8 * 1024 * 1024;
const ERROR_TAIL_LINES = 12;
/** How long a tool may take to clean up after SIGTERM before its whole group is killed. */
const TERMINATE_GRACE_MS = 4000;

/**
 * Runs a program to its end, without a shell. Aborting stops the program and all it has started.
 *
 * @throws FailureError `missing-tool` when it is not installed, `cancelled` when aborted
 */
export async function runTool(command: string, args: readonly string[], options: ToolOptions): Promise<ToolOutcome> {
  throwIfCancelled(options.signal);
  const ownGroup = process.platform !== 'win32';
  const child = spawn(command, args, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...process.env, LC_ALL: 'C', ...options.env },
    // A group of its own, so that aborting reaches the tool's children as well.
    detached: ownGroup,
    stdio: ['ignore', 'pipe', 'pipe', ...(options.onStatusLine === undefined ? [] : ['pipe' as const])],
  });
  let stdout = '';
  const errorTail: string[] = [];
  eachLine(child.stdout, (line) => {
    if (stdout.length < STDOUT_MAX_CHARACTERS) stdout += `${line}\n`;
    options.onLine?.(line);
  });
  eachLine(child.stderr, (line) => {
    errorTail.push(line);
    if (errorTail.length > ERROR_TAIL_LINES) errorTail.shift();
    options.onLine?.(line);
  });
  const status = child.stdio[3];
  if (options.onStatusLine !== undefined && status instanceof Readable) eachLine(status, options.onStatusLine);

  const stopGroup = (): void => terminate(child, ownGroup);
  options.signal.addEventListener('abort', stopGroup, { once: true });
  try {
    const exitCode = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve(code ?? 1));
    });
    throwIfCancelled(options.signal);
    return { exitCode, stdout, errorTail: errorTail.join('\n') };
  } catch (caught) {
    if (isMissing(caught)) {
      const advice = options.missing ?? `Install it and try again.`;
      throw new FailureError('missing-tool', `The program "${command}" is not installed. ${advice}`, { cause: caught });
    }
    throw caught;
  } finally {
    options.signal.removeEventListener('abort', stopGroup);
  }
}

/** Where a program is on the PATH, or null. */
export async function findTool(command: string): Promise<string | null> {
  // Many systems leave sbin out of a user's PATH although its programs run there.
  const folders = [...(process.env['PATH'] ?? '').split(path.delimiter), '/usr/sbin', '/sbin'];
  for (const folder of folders) {
    if (folder === '') continue;
    const candidate = path.join(folder, command);
    const found = await access(candidate).then(
      () => true,
      () => false,
    );
    if (found) return candidate;
  }
  return null;
}

export function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw cancelled();
}

function cancelled(): FailureError {
  return new FailureError('cancelled', 'Stopped as asked. What was done so far is kept for the next time.');
}

function terminate(child: ChildProcess, ownGroup: boolean): void {
  const { pid } = child;
  if (pid === undefined || child.exitCode !== null) return;
  signalTool(pid, 'SIGTERM', ownGroup);
  const timer = setTimeout(() => signalTool(pid, 'SIGKILL', ownGroup), TERMINATE_GRACE_MS);
  child.once('close', () => clearTimeout(timer));
}

function signalTool(pid: number, signal: NodeJS.Signals, ownGroup: boolean): void {
  try {
    process.kill(ownGroup ? -pid : pid, signal);
  } catch (caught) {
    // ESRCH: it ended in the meantime, which is what was wanted.
    if (!(caught instanceof Error && 'code' in caught && caught.code === 'ESRCH')) throw caught;
  }
}

function eachLine(stream: Readable | null, onLine: (line: string) => void): void {
  if (stream === null) return;
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const lines = (rest + text).split(/\r?\n|\r/);
    rest = lines.pop() ?? '';
    lines.forEach(onLine);
  });
  stream.on('end', () => {
    if (rest !== '') onLine(rest);
  });
}

function isMissing(caught: unknown): boolean {
  return caught instanceof Error && 'code' in caught && caught.code === 'ENOENT';
}
