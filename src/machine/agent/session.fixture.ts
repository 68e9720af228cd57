import { ByteCollector } from '../byte-collector.ts';
import { AgentSession, type AgentPorts, type Command, type CommandEvents } from './session.ts';
import { encodeFrame, FROM_GUEST, NONCE_BYTES, TO_GUEST } from './frames.ts';

const HEADER_BYTES = 8;
const TAIL_BYTES = 4;
export const MARK = Uint8Array.of(0xff, 0x54, 0x45, 0x52, 0x52, 0x41, 0xfe, 0x0a);

export interface SentFrame {
  readonly kind: number;
  readonly id: number;
  readonly payload: Uint8Array;
  readonly tag: number;
}

/** The ports of a session with a guest that is this test, and a clock that the test moves. */
export class TestGuest {
  readonly session: AgentSession;
  readonly news: string[] = [];
  readonly ups: boolean[] = [];
  greetings = 0;
  sent: SentFrame[] = [];
  private readonly timers = new Map<number, { atMs: number; run: () => void }>();
  private timerCount = 0;
  private nowMs = 1_000_000;
  private tag = 0;
  private nonce = new Uint8Array(NONCE_BYTES);
  private randomCount = 0;

  constructor() {
    const ports: AgentPorts = {
      send: (bytes) => this.take(bytes),
      news: (line) => this.news.push(line),
      isUp: (isUp) => this.ups.push(isUp),
      nowMs: () => this.nowMs,
      randomBytes: (count) => new Uint8Array(count).map((_, index) => (this.randomCount += 1) * 31 + index),
      timer: (afterMs, run) => {
        const id = this.timerCount++;
        this.timers.set(id, { atMs: this.nowMs + afterMs, run });
        return () => this.timers.delete(id);
      },
    };
    this.session = new AgentSession(ports);
  }

  get timersLeft(): number {
    return this.timers.size;
  }

  get isUp(): boolean {
    return this.ups.at(-1) === true;
  }

  /** A session that has begun. */
  static up(): TestGuest {
    const guest = new TestGuest();
    guest.session.greet();
    guest.answerGreeting();
    guest.sent = [];
    return guest;
  }

  passMs(ms: number): void {
    const end = this.nowMs + ms;
    for (;;) {
      const [next] = [...this.timers].filter(([, { atMs }]) => atMs <= end).sort(([, a], [, b]) => a.atMs - b.atMs);
      if (!next) break;
      this.timers.delete(next[0]);
      this.nowMs = next[1].atMs;
      next[1].run();
    }
    this.nowMs = end;
  }

  /** What the agent says when it has begun and knows of no session. */
  beginAnew(): void {
    this.say(MARK, new Uint8Array(NONCE_BYTES));
  }

  answerGreeting(): void {
    this.say(MARK, this.nonce);
  }

  frame(kind: number, id: number, payload: Uint8Array | readonly number[] = []): Uint8Array {
    return encodeFrame(kind, id, Uint8Array.from(payload), this.tag);
  }

  /** Says a frame of words of 32 bits. */
  words(kind: number, id: number, ...words: number[]): void {
    this.say(this.frame(kind, id, new Uint8Array(Uint32Array.from(words).buffer)));
  }

  reply(id: number, status: number, rest: readonly number[] = []): void {
    const bytes = new Uint8Array(Int32Array.of(status).buffer);
    this.say(this.frame(FROM_GUEST.reply, id, [...bytes, ...rest]));
  }

  say(...parts: readonly Uint8Array[]): void {
    const whole = new ByteCollector();
    for (const part of parts) whole.push(part);
    this.session.receive(whole.take());
  }

  sentOf(kind: number): SentFrame[] {
    return this.sent.filter((frame) => frame.kind === kind);
  }

  private take(bytes: Uint8Array): void {
    const frame = parseSent(bytes);
    if (frame.kind === TO_GUEST.hello) {
      this.greetings += 1;
      this.tag = frame.tag;
      this.nonce = frame.payload.slice(4, 4 + NONCE_BYTES);
    }
    this.sent.push(frame);
  }
}

/** The one frame that a session sends at a time, a greeting's filler left out. */
export function parseSent(bytes: Uint8Array): SentFrame {
  const at = bytes.findIndex((byte) => byte !== 0xff);
  const view = new DataView(bytes.buffer, bytes.byteOffset + at);
  const end = HEADER_BYTES + view.getUint16(2, true);
  if (at + end + TAIL_BYTES !== bytes.byteLength) throw new Error('not one frame');
  return {
    kind: view.getUint8(0),
    id: view.getUint32(4, true),
    payload: bytes.slice(at + HEADER_BYTES, at + end),
    tag: view.getUint32(end, true),
  };
}

/** A command of a test: what became of it. */
export class TestCommand implements CommandEvents {
  readonly log: string[] = [];
  readonly bytes = { stdout: 0, stderr: 0 };
  readonly command: Command;
  readonly id: number;

  constructor(guest: TestGuest, argv: readonly string[] = ['true']) {
    this.command = guest.session.start({ argv, hasStdin: true }, this);
    const sent = guest.sentOf(TO_GUEST.exec).at(-1);
    if (!sent) throw new Error('the command was not sent');
    this.id = sent.id;
  }

  /** How often it ended; never more than once. */
  get ends(): number {
    return this.log.filter((line) => /^(refused|ended|lost)/.test(line)).length;
  }

  started(): void {
    this.log.push('started');
  }
  refused({ code }: { code: string }): void {
    this.log.push(`refused ${code}`);
  }
  output(stream: 'stdout' | 'stderr', bytes: Uint8Array): void {
    this.bytes[stream] += bytes.byteLength;
  }
  taken(bytes: number): void {
    this.log.push(`taken ${bytes}`);
  }
  ended(result: unknown): void {
    this.log.push(`ended ${JSON.stringify(result)}`);
  }
  lost({ code }: { code: string }): void {
    this.log.push(`lost ${code}`);
  }
}
