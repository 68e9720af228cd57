import type { Effect, HostEvent, SocketId } from './effects.ts';

/** Sockets the host remembers; older ones fall silent. */
const SOCKETS_MAX = 4096;

/**
 * For tests only: a host that carries effects out in a simple way, so that flows really open. Connections mostly
 * succeed and echo what they are sent, DNS servers mostly answer with the question, some things fail. Events wait
 * until `next`, since the network must not be entered from within an effect.
 */
export class SoakHost {
  private readonly events: HostEvent[] = [];
  private readonly open = new Set<SocketId>();
  private readonly random: () => number;

  constructor(random: () => number) {
    this.random = random;
  }

  next(): HostEvent | undefined {
    return this.events.shift();
  }

  carryOut(effect: Effect): void {
    switch (effect.kind) {
      case 'tcp-dial':
        if (this.isUnlucky()) {
          const reasons = ['refused', 'unreachable', 'timed-out', 'failed'] as const;
          const reason = reasons[this.random() % reasons.length] ?? 'failed';
          this.events.push({ kind: 'tcp-failed', socket: effect.socket, reason });
        } else {
          this.remember(effect.socket);
          this.events.push({ kind: 'tcp-connected', socket: effect.socket });
        }
        return;
      case 'tcp-send': {
        const { socket, bytes } = effect;
        if (!this.open.has(socket)) return;
        this.events.push({ kind: 'tcp-sent', socket, byteCount: bytes.byteLength });
        if (this.isUnlucky()) this.close(socket, 'reset');
        else this.events.push({ kind: 'tcp-data', socket, bytes: bytes.slice() });
        return;
      }
      case 'tcp-end':
        if (!this.open.has(effect.socket)) return;
        this.events.push({ kind: 'tcp-ended', socket: effect.socket });
        this.close(effect.socket, null);
        return;
      case 'tcp-destroy':
        this.open.delete(effect.socket);
        return;
      case 'udp-send':
        if (this.isUnlucky()) this.events.push({ kind: 'udp-failed', socket: effect.socket, reason: 'refused' });
        else this.events.push({ kind: 'udp-message', socket: effect.socket, bytes: effect.bytes.slice() });
        return;
      case 'ping':
        this.events.push({ kind: 'pong', socket: effect.socket, reply: this.isUnlucky() ? 'timed-out' : 'echo' });
        return;
      case 'dns-ask':
        if (this.isUnlucky()) this.events.push({ kind: 'dns-failed', socket: effect.socket });
        else this.events.push({ kind: 'dns-answer', socket: effect.socket, message: this.answerTo(effect.message) });
        return;
      case 'listen':
        this.events.push({ kind: 'listening', listener: effect.listener, port: effect.port });
        return;
      default:
        return;
    }
  }

  /** The question as its own answer, without records; sometimes damaged. */
  private answerTo(message: Uint8Array): Uint8Array {
    const answer = message.slice();
    answer[2] = (answer[2] ?? 0) | 0x80;
    if (this.isUnlucky()) answer[this.random() % answer.length] = this.random();
    return answer;
  }

  private close(socket: SocketId, failure: 'reset' | null): void {
    this.open.delete(socket);
    this.events.push({ kind: 'tcp-closed', socket, failure });
  }

  private remember(socket: SocketId): void {
    this.open.add(socket);
    if (this.open.size <= SOCKETS_MAX) return;
    const [oldest] = this.open;
    if (oldest !== undefined) this.close(oldest, 'reset');
  }

  private isUnlucky(): boolean {
    return this.random() % 4 === 0;
  }
}
