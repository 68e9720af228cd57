import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CALL, callBody } from '../machine/agent/request-body.ts';
import { AgentSession, type Command, type CommandEvents } from '../machine/agent/session.ts';
import type { ExecRequest, ExecResult } from '../machine/guest-api.ts';
import type { FailureError } from '../shared/result.ts';
import { compileAgent } from './programs/agent-compiler.ts';
import { cacheRoot } from './packages/cache.ts';
import type { WorkContext } from './packages/context.ts';

const PROJECT = path.resolve(import.meta.dirname, '..', '..');
/** The user nobody: an agent that may not set this computer's clock or name, or touch anything of it. */
const NOBODY = 65534;
const ANSWER_MS = 10_000;

export const AGENT_SOURCES = path.join(PROJECT, 'resources', 'guest', 'agent');

export function workContext(): WorkContext {
  return {
    cacheRoot: cacheRoot(),
    signal: new AbortController().signal,
    report: () => undefined,
    warn: () => undefined,
  };
}

/** The agent's program, compiled for the guest. Linux on x86 runs it as it is. */
export async function agentProgram(): Promise<Uint8Array> {
  return compileAgent(AGENT_SOURCES, workContext());
}

/** An agent that runs on this computer, with pipes for its console, and a session with it. */
export class NativeAgent {
  readonly session: AgentSession;
  readonly news: string[] = [];
  /** How often a session began. */
  ups = 0;
  readonly child: ChildProcessWithoutNullStreams;
  readonly folder: string;
  private upWaiters: (() => void)[] = [];

  private constructor(child: ChildProcessWithoutNullStreams, folder: string) {
    this.child = child;
    this.folder = folder;
    this.session = this.newSession();
    // One that has ended takes nothing any more; the session finds out by its silence.
    child.stdin.on('error', () => undefined);
    child.stdout.on('data', (bytes: Buffer) => this.session.receive(bytes));
  }

  static async start(compiled?: Uint8Array): Promise<NativeAgent> {
    const folder = await mkdtemp(path.join(tmpdir(), 'terrarium-agent-'));
    await chmod(folder, 0o777);
    const program = path.join(folder, 'agent');
    await writeFile(program, compiled ?? (await agentProgram()), { mode: 0o755 });
    const isRoot = process.getuid?.() === 0;
    const child = spawn(program, [path.join(folder, 'run')], {
      cwd: '/',
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(isRoot && { uid: NOBODY, gid: NOBODY }),
    });
    const agent = new NativeAgent(child, folder);
    await agent.up();
    return agent;
  }

  /** Resolves once a session has begun that was not there when this was called, or is there already. */
  async up(sessions = 1): Promise<void> {
    while (this.ups < sessions) await new Promise<void>((resolve) => this.upWaiters.push(resolve));
  }

  /** As whom it may start programs. */
  get user(): string {
    return String(process.getuid?.() === 0 ? NOBODY : process.getuid?.());
  }

  run(request: Omit<ExecRequest, 'user'>, input: Uint8Array | null = null): Promise<Ran> {
    return new Promise((resolve, reject) => {
      const ran = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
      let sent = 0;
      const feed = (room: number): void => {
        if (input === null || sent > input.byteLength) return;
        const bytes = input.subarray(sent, sent + room);
        sent += bytes.byteLength;
        if (bytes.byteLength > 0) command.input(bytes);
        if (sent === input.byteLength) {
          sent += 1;
          command.endInput();
        }
      };
      const events: CommandEvents = {
        started: () => feed(60_000),
        taken: feed,
        refused: reject,
        lost: reject,
        output: (stream, bytes) => {
          ran[stream].push(bytes);
          command.took(stream, bytes.byteLength);
        },
        ended: (result) => resolve({ result, stdout: Buffer.concat(ran.stdout), stderr: Buffer.concat(ran.stderr) }),
      };
      const command: Command = this.session.start({ user: this.user, ...request, hasStdin: input !== null }, events);
    });
  }

  /** Begins another session, as a restore does. */
  async greet(): Promise<void> {
    const earlier = this.ups;
    this.session.greet();
    await this.up(earlier + 1);
  }

  async ping(): Promise<void> {
    await this.session.call(callBody(CALL.ping), 'It did not answer', ANSWER_MS);
  }

  /** What its files are now: what it opened for commands is closed with them. */
  async openFiles(): Promise<string[]> {
    const folder = `/proc/${this.child.pid}/fd`;
    const names = await readdir(folder);
    const targets = await Promise.all(names.map((name) => readlink(path.join(folder, name)).catch(() => null)));
    return targets.filter((target) => target !== null).sort();
  }

  /** Processes it started and that it has not waited for, the dead included. */
  async children(): Promise<string[]> {
    const text = await readFile(`/proc/${this.child.pid}/task/${this.child.pid}/children`, 'utf8');
    return text.split(' ').filter((pid) => pid !== '');
  }

  /** Clock ticks it has run, and the pages it holds (proc(5), stat). */
  async usage(): Promise<{ ticks: number; pages: number }> {
    const text = await readFile(`/proc/${this.child.pid}/stat`, 'utf8');
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    return { ticks: (fields[11] ?? NaN) + (fields[12] ?? NaN), pages: fields[21] ?? NaN };
  }

  async stop(): Promise<void> {
    this.child.kill('SIGKILL');
    await rm(this.folder, { recursive: true, force: true });
  }

  private newSession(): AgentSession {
    return new AgentSession({
      send: (bytes) => void this.child.stdin.write(bytes),
      news: (line) => this.news.push(line),
      isUp: (isUp) => {
        if (isUp) this.ups += 1;
        for (const wake of this.upWaiters.splice(0)) wake();
      },
      nowMs: () => Date.now(),
      randomBytes: (count) => new Uint8Array(randomBytes(count)),
      timer: (afterMs, run) => {
        const timer = setTimeout(run, afterMs);
        return () => clearTimeout(timer);
      },
    });
  }
}

export interface Ran {
  readonly result: ExecResult;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

export type Refusal = FailureError;
