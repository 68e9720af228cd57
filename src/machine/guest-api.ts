import { FailureError, type FailureCode } from '../shared/result.ts';

/** What a program can ask of a running guest through its agent: the types both ends of the worker's channel share. */

/** A command as the guest's kernel gets it: no shell looks at it. */
export interface ExecRequest {
  /** Program and arguments, at least one. A program without `/` is looked for in the guest's PATH. No NUL characters. */
  readonly argv: readonly string[];
  /** Added to the guest's own (PATH, HOME, USER, LOGNAME, SHELL, LANG), or in place of them. */
  readonly env?: Readonly<Record<string, string>>;
  /** The user's home unless given. */
  readonly cwd?: string;
  /** A name of the guest's /etc/passwd, or `uid` or `uid:gid` as numbers. Root unless given. */
  readonly user?: string;
  /** Whether `stdin` leads to it; without, it reads an empty input. */
  readonly hasStdin?: boolean;
  /** Gives it a terminal of this size. Everything it prints then comes out of `stdout`. */
  readonly terminal?: { readonly columns: number; readonly rows: number };
}

export interface ExecOptions {
  /** After this the whole session is killed and the result says so. */
  readonly timeoutMs?: number;
  /** Kills the whole session when aborted. */
  readonly signal?: AbortSignal;
}

/** How a command ended. */
export type ExecResult =
  | { readonly kind: 'exited'; readonly code: number }
  /** `signal` is a number of Linux on x86: 9 is SIGKILL. */
  | { readonly kind: 'signalled'; readonly signal: number }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'cancelled' };

/**
 * A command that runs in the guest. Its output must be read or cancelled: a program whose output nobody takes stands still, and so
 * does `result`.
 */
export interface ExecProcess {
  /** Closing it is the end of the input. Writes after the program has ended are dropped. */
  readonly stdin: WritableStream<Uint8Array>;
  readonly stdout: ReadableStream<Uint8Array>;
  readonly stderr: ReadableStream<Uint8Array>;
  /** Once all output is in the streams. Rejects with FailureError when the guest or its agent is gone. */
  readonly result: Promise<ExecResult>;
  /** Sends a signal to the process group of the command; 9 goes to every process of its session. */
  kill(signal: number): void;
  /** Of its terminal, if it has one. */
  resize(columns: number, rows: number): void;
}

/** The program of a command is not there (127, as shells say it), or is none (126). */
export class CommandNotRun extends FailureError {
  readonly exitCode: 126 | 127;

  constructor(code: FailureCode, message: string, exitCode: 126 | 127) {
    super(code, message);
    this.exitCode = exitCode;
  }
}

/** What a file in the guest is. */
export interface GuestStat {
  readonly kind: 'file' | 'directory' | 'symlink' | 'other';
  /** Permission bits, 0..0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly sizeBytes: number;
  /** Seconds since 1970. */
  readonly modifiedAtS: number;
}
