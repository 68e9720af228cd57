import { spawn, type ChildProcess } from 'node:child_process';
import { isIP } from 'node:net';
import type { Readable } from 'node:stream';
import type { HostEvent, SocketId } from '../stack/effects.ts';
import { pingCommand, pingReply, type PingReply } from './ping-command.ts';
import { errorCode } from './socket-failure.ts';

/** Programs at work at once: four times what one VM may have, so that no single one takes them from the others. */
const PROGRAMS_MAX = 64;

/** Its first lines say everything; a program that writes on and on is not listened to. */
const OUTPUT_MAX_CHARACTERS = 4096;

/** The program's own time limit is in whole seconds on some systems; ours comes after it. */
const GRACE_MS = 1000;

export interface PingerOptions {
  readonly platform?: NodeJS.Platform;
  readonly programsMax?: number;
  /** Where the program is looked for; the relay's own PATH unless told otherwise. */
  readonly path?: string;
}

/**
 * Echo requests to the outside. Node has no ICMP socket and raw ones need root, so the host's own `ping` is asked,
 * which is allowed to on every usual system.
 */
export class Pinger {
  readonly #report: (event: HostEvent) => void;
  readonly #warn: (message: string) => void;
  readonly #platform: NodeJS.Platform;
  readonly #programsMax: number;
  readonly #path: string;
  readonly #running = new Set<ChildProcess>();
  /** Programs this system does not have; found out once. */
  readonly #missing = new Set<string>();
  #isClosed = false;

  constructor(report: (event: HostEvent) => void, warn: (message: string) => void, options: PingerOptions = {}) {
    this.#report = report;
    this.#warn = warn;
    this.#platform = options.platform ?? process.platform;
    this.#programsMax = options.programsMax ?? PROGRAMS_MAX;
    this.#path = options.path ?? process.env['PATH'] ?? '';
  }

  get count(): number {
    return this.#running.size;
  }

  ping(id: SocketId, address: string, payloadBytes: number, timeoutMs: number): void {
    const { program, args } = pingCommand(this.#platform, address, payloadBytes, timeoutMs);
    if (this.#missing.has(program) || isIP(address) === 0) return this.#pong(id, 'unreachable');
    if (this.#running.size >= this.#programsMax) return this.#pong(id, 'timed-out');
    // Its words are matched, so they must be English.
    const env = { ...process.env, PATH: this.#path, LC_ALL: 'C' };
    let child: ChildProcess;
    try {
      child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true });
    } catch {
      // The system is out of something; Node reports only some of these as an event.
      this.#pong(id, 'unreachable');
      return;
    }
    this.#running.add(child);
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs + GRACE_MS);
    let output = '';
    const listen = (chunk: Buffer): void => {
      if (output.length < OUTPUT_MAX_CHARACTERS) output += chunk.toString('latin1');
    };
    // Without descriptors to spare a child has neither of them, whatever its type says, and only `error` follows.
    const outputs: readonly (Readable | null | undefined)[] = [child.stdout, child.stderr];
    for (const stream of outputs) stream?.on('data', listen);
    const finish = (reply: PingReply): void => {
      clearTimeout(timer);
      if (this.#running.delete(child)) this.#pong(id, reply);
    };
    child.on('error', (error) => {
      if (errorCode(error) === 'ENOENT') this.#noteMissing(program);
      finish('unreachable');
    });
    child.on('close', (code) => finish(pingReply(this.#platform, code, output)));
  }

  close(): void {
    this.#isClosed = true;
    for (const child of this.#running) child.kill('SIGKILL');
  }

  #pong(id: SocketId, reply: PingReply): void {
    if (!this.#isClosed) this.#report({ kind: 'pong', socket: id, reply });
  }

  #noteMissing(program: string): void {
    if (this.#missing.has(program)) return;
    this.#missing.add(program);
    this.#warn(
      `This computer has no “${program}” program, so VMs cannot ping hosts outside. Everything else works; ` +
        `install it (package iputils-ping on Debian) and start the network again.`,
    );
  }
}
