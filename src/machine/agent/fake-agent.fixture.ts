import { encodeFrame, FROM_GUEST, NONCE_BYTES, TO_GUEST } from './frames.ts';
import { parseSent, MARK, type SentFrame } from './session.fixture.ts';

/** What a fake agent answers to a call: an errno or 0, and what belongs to it. */
export interface FakeAnswer {
  readonly errno?: number;
  readonly data?: Uint8Array;
}

/** An agent that answers at once, from a function of its test. */
export class FakeAgent {
  /** Numbers of the calls it was asked, in order, and their bodies. */
  readonly calls: { call: number; body: Uint8Array }[] = [];
  readonly commands: SentFrame[] = [];
  greetings = 0;
  /** While false it hears and says nothing. */
  isThere = true;
  answer: (call: number, body: Uint8Array) => FakeAnswer | null = () => ({});
  private tag = 0;
  private parts: Uint8Array[] = [];
  private readonly toHost: (bytes: Uint8Array) => void;

  constructor(toHost: (bytes: Uint8Array) => void) {
    this.toHost = toHost;
  }

  /** Bytes from the host; one frame, as the session sends them. */
  receive(bytes: Uint8Array): void {
    if (!this.isThere) return;
    const frame = parseSent(bytes);
    if (frame.kind === TO_GUEST.hello) {
      this.greetings += 1;
      this.tag = frame.tag;
      this.later(MARK, frame.payload.slice(4, 4 + NONCE_BYTES));
    } else if (frame.kind === TO_GUEST.part) this.parts.push(frame.payload);
    else if (frame.kind === TO_GUEST.call) this.takeCall(frame);
    else this.commands.push(frame);
  }

  /** Says that it has just begun. */
  begin(): void {
    this.isThere = true;
    this.later(MARK, new Uint8Array(NONCE_BYTES));
  }

  news(line: string): void {
    this.later(encodeFrame(FROM_GUEST.news, 0, new TextEncoder().encode(line), this.tag));
  }

  frame(kind: number, id: number, payload: Uint8Array): void {
    this.later(encodeFrame(kind, id, payload, this.tag));
  }

  private takeCall({ id, payload }: SentFrame): void {
    const parts = [...this.parts.splice(0), payload];
    const body = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
    let at = 0;
    for (const part of parts) {
      body.set(part, at);
      at += part.byteLength;
    }
    const call = new DataView(body.buffer).getUint32(0, true);
    this.calls.push({ call, body: body.subarray(4) });
    const answer = this.answer(call, body.subarray(4));
    if (!answer) return;
    const { errno = 0, data = new Uint8Array(0) } = answer;
    for (let from = 0; from < data.byteLength; from += 1000)
      this.frame(FROM_GUEST.data, id, data.subarray(from, from + 1000));
    this.frame(FROM_GUEST.reply, id, new Uint8Array(Int32Array.of(-errno).buffer));
  }

  /** As of a console: never within what the host is just doing. */
  private later(...parts: readonly Uint8Array[]): void {
    queueMicrotask(() => {
      for (const part of parts) this.toHost(part);
    });
  }
}
