import { TERMINAL_MAX_COLUMNS, TERMINAL_MAX_ROWS } from '../shared/model/limits.ts';
import { FailureError } from '../shared/result.ts';
import { Agent, type AgentPorts, type AgentVerb } from './agent.ts';
import type { GuestFlow } from './flow-probe.ts';
import { TERMINAL_IDS } from './protocol.ts';

/** Guest answers to plain verbs come in milliseconds; this is for one that swaps or compiles. */
const AGENT_TIMEOUT_MS = 10_000;
/** Hundreds of megabytes of unwritten files go through 9p first. */
const SYNC_TIMEOUT_MS = 120_000;

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
 * What the machine keeps in step with its guest through the agent: clock, terminal sizes and network address, on
 * request its caches.
 */
export class GuestLink {
  private readonly agent: Agent;
  private isUp = false;
  private waiters: (() => void)[] = [];
  private readonly sizes = new Map<0 | 1 | 2, TerminalSize>();
  /** What a cable that was plugged in wants of the guest: an address, or only a look whether its lease still holds. */
  private networkWish: { readonly verb: 'net' | 'renew'; readonly args: readonly number[] } | null = null;
  private hasNetwork = false;

  constructor(ports: GuestLinkPorts) {
    // A saved guest may still answer a request of its life before; its number must not be one of ours.
    const firstSeq = 1 + Math.floor(Math.random() * 100_000_000);
    const agentPorts: AgentPorts = {
      send: (bytes) => ports.send(bytes),
      news: (news) => {
        if (news.kind === 'hello') this.up();
        else if (news.kind === 'flow') ports.hasFlow(news.flow);
        else ports.powered(news.action);
      },
      timer: (afterMs, run) => {
        const timer = setTimeout(run, afterMs);
        return () => clearTimeout(timer);
      },
    };
    this.agent = new Agent(agentPorts, firstSeq);
  }

  /** Bytes from the agent's console. */
  receive(bytes: Uint8Array): void {
    this.agent.receive(bytes);
  }

  /** @throws FailureError `guest-unresponsive` when the agent was not there in time */
  async ready(timeoutMs: number): Promise<void> {
    if (this.isUp) return;
    // It may have been too busy to answer when the machine was restored.
    void this.greet();
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiters = this.waiters.filter((waiter) => waiter !== done);
        const seconds = Math.round(timeoutMs / 1000);
        reject(
          new FailureError(
            'guest-unresponsive',
            `The guest did not start its agent within ${seconds} s. The boot log says how far it came.`,
          ),
        );
      }, timeoutMs);
      const done = (): void => {
        clearTimeout(timer);
        resolve();
      };
      this.waiters.push(done);
    });
  }

  /** A restored guest has an old clock and other terminal sizes. In the background: the prompt need not wait. */
  async greet(): Promise<void> {
    try {
      await this.agent.request('ping', [], AGENT_TIMEOUT_MS);
      this.up();
    } catch (cause) {
      if (!(cause instanceof FailureError)) throw cause;
    }
  }

  /** @throws FailureError when the guest does not answer or could not do it */
  async ask(verb: 'sync' | 'drop'): Promise<void> {
    await this.ready(AGENT_TIMEOUT_MS);
    const status = await this.agent.request(verb, [], SYNC_TIMEOUT_MS);
    if (status !== 0) throw new FailureError('io', `The VM could not carry out “${verb}” (status ${status}).`);
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
    this.networkWish = this.hasNetwork ? { verb: 'renew', args: [] } : { verb: 'net', args: macNumbers };
    void this.sendNetwork();
  }

  private up(): void {
    this.isUp = true;
    for (const resolve of this.waiters.splice(0)) resolve();
    void this.tell('clock', [Math.floor(Date.now() / 1000)]);
    const sizes = TERMINAL_IDS.map((console) => this.sendSize(console));
    // Takes the guest longest, so it comes last.
    void Promise.all(sizes).then(() => this.sendNetwork());
  }

  private async sendNetwork(): Promise<void> {
    const wish = this.networkWish;
    if (wish === null || !this.isUp) return;
    this.networkWish = null;
    const status = await this.tell(wish.verb, wish.args);
    if (status === 0) this.hasNetwork = true;
    // Nobody answered: again when the agent shows up.
    else if (status === null) this.networkWish ??= wish;
  }

  /** One size request per console at a time, always ending with the newest size. */
  private async sendSize(console: 0 | 1 | 2): Promise<void> {
    const size = this.sizes.get(console);
    if (!size || size.sending || !this.isUp) return;
    size.sending = true;
    try {
      for (let sent = ''; sent !== `${size.columns}x${size.rows}`;) {
        sent = `${size.columns}x${size.rows}`;
        await this.tell('size', [console, size.rows, size.columns]);
      }
    } finally {
      size.sending = false;
    }
  }

  /**
   * For what may fail quietly: a guest whose agent was ended still works, with a stale clock or size.
   * @returns the status, or null when there was no answer
   */
  private async tell(verb: AgentVerb, args: readonly number[]): Promise<number | null> {
    try {
      return await this.agent.request(verb, args, AGENT_TIMEOUT_MS);
    } catch (cause) {
      if (!(cause instanceof FailureError)) throw cause;
      return null;
    }
  }
}
