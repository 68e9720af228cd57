import { TERMINAL_MAX_COLUMNS, TERMINAL_MAX_ROWS } from '../shared/model/limits.ts';
import { FailureError } from '../shared/result.ts';
import { CALL, callBody, networkBody } from './agent/request-body.ts';
import { AgentSession, type Command, type CommandEvents } from './agent/session.ts';
import { parseFlowEnd, type GuestFlow } from './flow-probe.ts';
import type { ExecRequest } from './guest-api.ts';
import { TERMINAL_IDS } from './protocol.ts';
import { Waiters } from './waiters.ts';

/** The console that belongs to the guest's agent. */
export const AGENT_PORT = 3;
/** Guest answers to plain calls come in milliseconds; this is for one that swaps or compiles. */
const CALL_TIMEOUT_MS = 10_000;

export interface GuestLinkPorts {
  /** Bytes to the agent's console. */
  send(bytes: Uint8Array): void;
  powered(action: 'off' | 'reboot'): void;
  /** The guest has a new lease, and this connection from before it. */
  hasFlow(flow: GuestFlow): void;
}

interface TerminalSize {
  columns: number;
  rows: number;
  sending: boolean;
}

/**
 * What the machine keeps in step with its guest through the agent: clock, randomness, terminal sizes and network; on
 * request it makes calls and starts programs.
 */
export class GuestLink {
  private readonly session: AgentSession;
  private isUp = false;
  private readonly upWaiters = new Waiters();
  private readonly sizes = new Map<0 | 1 | 2, TerminalSize>();
  /** What a cable that was plugged in wants of the guest: an address, or only a look whether its lease still holds. */
  private networkWish: Uint8Array | null = null;
  private hasNetwork = false;
  private hasLease = false;
  private readonly leaseWaiters = new Waiters();

  constructor(ports: GuestLinkPorts) {
    this.session = new AgentSession({
      send: (bytes) => ports.send(bytes),
      news: (line) => this.takeNews(line, ports),
      isUp: (isUp) => {
        this.isUp = isUp;
        if (isUp) this.up();
      },
      nowMs: () => Date.now(),
      randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
      timer: (afterMs, run) => {
        const timer = setTimeout(run, afterMs);
        return () => clearTimeout(timer);
      },
    });
  }

  /** Bytes from the agent's console. */
  receive(bytes: Uint8Array): void {
    this.session.receive(bytes);
  }

  /** The name the guest is to call itself; null leaves it as it is. Before the first greeting. */
  setHostName(name: string | null): void {
    this.session.setHostName(name);
  }

  /** Begins a session with the agent of a restored guest: its clock and its randomness are set by that. */
  greet(): void {
    if (!this.isUp) this.session.greet();
  }

  /** Whether the agent has answered in this life of the guest. */
  get isReady(): boolean {
    return this.isUp;
  }

  /** @throws FailureError `guest-unresponsive` when the agent was not there in time */
  async ready(timeoutMs: number): Promise<void> {
    if (this.isUp) return;
    this.session.greetIfSilent();
    const seconds = Math.round(timeoutMs / 1000);
    await this.upWaiters.wait(
      timeoutMs,
      `The guest's agent did not answer within ${seconds} s. The boot log says how far it came; an image of an older Terrarium has another agent and must be built again.`,
    );
  }

  /** @throws FailureError `guest-unresponsive` when no lease was there in time */
  async networkReady(timeoutMs: number): Promise<void> {
    if (this.hasLease) return;
    const seconds = Math.round(timeoutMs / 1000);
    await this.leaseWaiters.wait(timeoutMs, `The VM did not get a network address within ${seconds} s.`);
  }

  /**
   * Has the agent do something, as soon as it is there.
   * @param what what did not happen if it fails, as the start of a sentence
   */
  async call(body: Uint8Array, what: string, timeoutMs = CALL_TIMEOUT_MS): Promise<Uint8Array> {
    await this.ready(CALL_TIMEOUT_MS);
    return this.session.call(body, what, timeoutMs);
  }

  /** Starts a program, as soon as the agent is there. */
  async start(request: ExecRequest, events: CommandEvents): Promise<Command> {
    await this.ready(CALL_TIMEOUT_MS);
    return this.session.start(request, events);
  }

  /** Tells the guest a terminal's size, now or as soon as its agent is there. */
  resize(console: 0 | 1 | 2, columns: number, rows: number): void {
    if (!Number.isInteger(columns) || !Number.isInteger(rows)) return;
    const size = this.sizes.get(console) ?? { columns: 0, rows: 0, sending: false };
    size.columns = Math.min(Math.max(columns, 1), TERMINAL_MAX_COLUMNS);
    size.rows = Math.min(Math.max(rows, 1), TERMINAL_MAX_ROWS);
    this.sizes.set(console, size);
    void this.sendSize(console);
  }

  /**
   * A cable was plugged in: gives the guest this MAC and has it ask for a lease, now or as soon as its agent is there.
   * A guest that has them keeps them when the cable changes, if whoever gives leases now agrees.
   */
  setUpNetwork(macNumbers: readonly number[]): void {
    this.networkWish = this.hasNetwork ? callBody(CALL.renew) : networkBody(macNumbers);
    void this.sendNetwork();
  }

  /** After the guest stood still: its clock did, too. */
  setClock(): void {
    if (!this.isUp) return;
    const nowMs = Date.now();
    const seconds = Math.floor(nowMs / 1000);
    void this.tell(
      callBody(CALL.clock, [seconds % 2 ** 32, Math.floor(seconds / 2 ** 32), (nowMs % 1000) * 1_000_000]),
    );
  }

  private up(): void {
    this.upWaiters.done();
    // First: it takes the guest longest, and who starts a command may wait for it.
    void this.sendNetwork();
    for (const console of TERMINAL_IDS) void this.sendSize(console);
  }

  private takeNews(line: string, ports: GuestLinkPorts): void {
    const [word, ...rest] = line.split(' ');
    if (word === 'off' || word === 'reboot') ports.powered(word);
    else if (word === 'lease') {
      this.hasLease = true;
      this.leaseWaiters.done();
    } else if (word === 'flow' && rest.length === 2) {
      const [local, remote] = [parseFlowEnd(rest[0] ?? ''), parseFlowEnd(rest[1] ?? '')];
      if (remote && local?.address.byteLength === remote.address.byteLength) ports.hasFlow({ local, remote });
    }
  }

  private async sendNetwork(): Promise<void> {
    const wish = this.networkWish;
    if (wish === null || !this.isUp) return;
    this.networkWish = null;
    const outcome = await this.tell(wish);
    if (outcome === 'done') this.hasNetwork = true;
    // Nobody answered: again when the agent shows up.
    else if (outcome === 'unanswered') this.networkWish ??= wish;
  }

  /** One size request per console at a time, always ending with the newest size. */
  private async sendSize(console: 0 | 1 | 2): Promise<void> {
    const size = this.sizes.get(console);
    if (!size || size.sending || !this.isUp) return;
    size.sending = true;
    try {
      for (let sent = ''; sent !== `${size.columns}x${size.rows}`;) {
        sent = `${size.columns}x${size.rows}`;
        await this.tell(callBody(CALL.terminalSize, [console, size.rows, size.columns]));
      }
    } finally {
      size.sending = false;
    }
  }

  /** For what may fail quietly: a guest whose agent was ended still works, with a stale clock or size. */
  private async tell(body: Uint8Array): Promise<'done' | 'refused' | 'unanswered'> {
    try {
      await this.session.call(body, 'The VM was not adjusted', CALL_TIMEOUT_MS);
      return 'done';
    } catch (cause) {
      if (!(cause instanceof FailureError)) throw cause;
      return cause.code === 'guest-unresponsive' ? 'unanswered' : 'refused';
    }
  }
}
