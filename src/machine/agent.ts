import { FailureError } from '../shared/result.ts';
import { parseFlowEnd, type GuestFlow } from './flow-probe.ts';

/**
 * The host's end of the guest agent (resources/guest/agent): a shell loop on hvc3 that carries out
 * a few verbs. One line a request, `SEQ VERB ARG...`; one line an answer, `=SEQ STATUS`; what the
 * guest says by itself starts with `!`. Arguments are numbers and fixed words only, never text from
 * outside, so nothing can be smuggled into the guest's shell. The guest is hostile: lines are
 * bounded and everything unexpected is ignored.
 */
export const AGENT_PORT = 3;

const LINE_MAX_BYTES = 256;
const REQUESTS_MAX = 64;

export type AgentNews =
  | { readonly kind: 'hello' }
  | { readonly kind: 'power'; readonly action: 'off' | 'reboot' }
  /** A TCP connection the guest has, told when its network was set up. */
  | { readonly kind: 'flow'; readonly flow: GuestFlow };

export type AgentVerb = 'ping' | 'sync' | 'drop' | 'size' | 'clock' | 'net' | 'renew' | 'off';

interface Pending {
  resolve(status: number): void;
  reject(cause: Error): void;
  cancelTimer: () => void;
}

export interface AgentPorts {
  send(bytes: Uint8Array): void;
  news(news: AgentNews): void;
  /** Runs later; returns a function that cancels. */
  timer(afterMs: number, run: () => void): () => void;
}

export class Agent {
  private line = '';
  private skipping = false;
  private nextSeq: number;
  private readonly pending = new Map<number, Pending>();
  private readonly ports: AgentPorts;

  constructor(ports: AgentPorts, firstSeq = 1) {
    this.ports = ports;
    this.nextSeq = firstSeq;
  }

  /** Bytes from hvc3. */
  receive(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (byte === 10) {
        if (!this.skipping) this.takeLine(this.line.trim());
        this.line = '';
        this.skipping = false;
      } else if (this.line.length >= LINE_MAX_BYTES) {
        this.line = '';
        this.skipping = true;
      } else if (!this.skipping && byte >= 32 && byte < 127) {
        this.line += String.fromCharCode(byte);
      }
    }
  }

  /**
   * Runs a verb in the guest.
   * @returns its exit status
   * @throws FailureError `guest-unresponsive` when no answer came in time
   */
  request(verb: AgentVerb, args: readonly number[], timeoutMs: number): Promise<number> {
    if (this.pending.size >= REQUESTS_MAX) {
      return Promise.reject(
        new FailureError('busy', 'The VM has not answered earlier requests yet. Try again in a moment.'),
      );
    }
    const seq = this.nextSeq++;
    return new Promise<number>((resolve, reject) => {
      const cancelTimer = this.ports.timer(timeoutMs, () => {
        this.pending.delete(seq);
        reject(
          new FailureError(
            'guest-unresponsive',
            `The VM did not answer within ${Math.round(timeoutMs / 1000)} s (${verb}). It may be busy or its agent was ended; nothing was changed.`,
          ),
        );
      });
      this.pending.set(seq, { resolve, reject, cancelTimer });
      // The leading newline ends whatever half line the guest still holds after a restore.
      this.ports.send(new TextEncoder().encode(`\n${[seq, verb, ...args].join(' ')}\n`));
    });
  }

  private takeLine(line: string): void {
    if (line.startsWith('!')) {
      const word = line.slice(1);
      if (word === 'hello') this.ports.news({ kind: 'hello' });
      if (word === 'off' || word === 'reboot') this.ports.news({ kind: 'power', action: word });
      if (word.startsWith('flow ')) this.takeFlow(word.split(' '));
      return;
    }
    const answer = /^=(\d{1,9}) (\d{1,3})$/.exec(line);
    if (!answer) return;
    const seq = Number(answer[1]);
    const pending = this.pending.get(seq);
    if (!pending) return;
    this.pending.delete(seq);
    pending.cancelTimer();
    pending.resolve(Number(answer[2]));
  }

  private takeFlow([, localText = '', remoteText = '', ...rest]: readonly string[]): void {
    const [local, remote] = [parseFlowEnd(localText), parseFlowEnd(remoteText)];
    if (!local || !remote || rest.length > 0 || local.address.byteLength !== remote.address.byteLength) return;
    this.ports.news({ kind: 'flow', flow: { local, remote } });
  }
}
