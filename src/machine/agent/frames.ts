/**
 * Frames between host and guest agent (docs/formats/agent.md; resources/guest/agent/link.c is the other end): kind,
 * length, number, payload and the session's tag. What is on the wire from a session before is passed over.
 */

/** From the host. */
export const TO_GUEST = { hello: 1, call: 2, part: 3, exec: 4, input: 5, credit: 6, signal: 7, window: 8 } as const;
/** From the guest. */
export const FROM_GUEST = {
  reply: 0x81,
  data: 0x82,
  stdout: 0x83,
  stderr: 0x84,
  taken: 0x85,
  started: 0x86,
  failed: 0x87,
  exited: 0x88,
  news: 0x89,
} as const;

const HEADER_BYTES = 8;
const TAIL_BYTES = 4;
/** What a frame carries at most, to the guest and from it. */
export const SEND_PAYLOAD_MAX_BYTES = 4096;
export const RECEIVE_PAYLOAD_MAX_BYTES = 16384;
export const NONCE_BYTES = 16;
/** Begins no frame, and is longer than any, so that it ends whatever was begun. */
const FILLER_BYTE = 0xff;
const FILLER_BYTES = HEADER_BYTES + SEND_PAYLOAD_MAX_BYTES + TAIL_BYTES + 4;
/** What the guest sends before the nonce of the session it begins. */
const MARK = Uint8Array.of(0xff, 0x54, 0x45, 0x52, 0x52, 0x41, 0xfe, 0x0a);
const LOWEST_KIND = Math.min(...Object.values(FROM_GUEST));
const HIGHEST_KIND = Math.max(...Object.values(FROM_GUEST));

export interface Frame {
  readonly kind: number;
  readonly id: number;
  /** Its own copy. */
  readonly payload: Uint8Array;
}

/** @param payload at most {@link SEND_PAYLOAD_MAX_BYTES} */
export function encodeFrame(kind: number, id: number, payload: Uint8Array, tag: number): Uint8Array {
  const frame = new Uint8Array(HEADER_BYTES + payload.byteLength + TAIL_BYTES);
  const view = new DataView(frame.buffer);
  frame[0] = kind;
  view.setUint16(2, payload.byteLength, true);
  view.setUint32(4, id, true);
  frame.set(payload, HEADER_BYTES);
  view.setUint32(HEADER_BYTES + payload.byteLength, tag, true);
  return frame;
}

export interface Greeting {
  /** Of every frame of the session. */
  readonly tag: number;
  readonly nonce: Uint8Array;
  readonly nowMs: number;
  /** 32 bytes for the guest's random number generator. */
  readonly entropy: Uint8Array;
  /** Null leaves the guest the name it has. */
  readonly hostName: string | null;
}

/** The frame that begins a session, with what ends anything that was begun before it. */
export function encodeGreeting({ tag, nonce, nowMs, entropy, hostName }: Greeting): Uint8Array {
  const name = new TextEncoder().encode(hostName ?? '');
  const payload = new Uint8Array(4 + NONCE_BYTES + 12 + 32 + name.byteLength);
  const view = new DataView(payload.buffer);
  view.setUint32(0, tag, true);
  payload.set(nonce, 4);
  view.setBigUint64(20, BigInt(Math.floor(nowMs / 1000)), true);
  view.setUint32(28, Math.floor(nowMs % 1000) * 1_000_000, true);
  payload.set(entropy, 32);
  payload.set(name, 64);
  const frame = encodeFrame(TO_GUEST.hello, 0, payload, tag);
  const whole = new Uint8Array(FILLER_BYTES + frame.byteLength).fill(FILLER_BYTE, 0, FILLER_BYTES);
  whole.set(frame, FILLER_BYTES);
  return whole;
}

export type ReaderNews =
  /** The guest has begun the session with this nonce; frames follow. */
  | { readonly kind: 'mark'; readonly nonce: Uint8Array }
  | { readonly kind: 'frame'; readonly frame: Frame }
  /** What came is no frame of the session. Nothing more is understood until the next mark. */
  | { readonly kind: 'lost' };

/**
 * Takes apart what a guest sends. The guest is hostile: whatever comes, this holds at most one frame of it.
 * Until {@link FrameReader.expect} was called and after anything that is no frame, it only looks for marks.
 */
export class FrameReader {
  private readonly held = new Uint8Array(HEADER_BYTES + RECEIVE_PAYLOAD_MAX_BYTES + TAIL_BYTES);
  private heldBytes = 0;
  private tag: number | null = null;

  /** Whether a frame has begun whose end has not come. */
  get isWithinFrame(): boolean {
    return this.tag !== null && this.heldBytes > 0;
  }

  /** From here on frames of this session follow. Called on its mark. */
  expect(tag: number): void {
    this.tag = tag;
  }

  /** Back to looking for marks. */
  forget(): void {
    this.tag = null;
  }

  /** @param tell may call `expect` and `forget` */
  receive(bytes: Uint8Array, tell: (news: ReaderNews) => void): void {
    for (let at = 0; at < bytes.byteLength;) {
      const room = Math.min(this.held.byteLength - this.heldBytes, bytes.byteLength - at);
      this.held.set(bytes.subarray(at, at + room), this.heldBytes);
      this.heldBytes += room;
      at += room;
      this.drop(this.take(tell));
    }
  }

  /** @returns how many of the bytes held are done with */
  private take(tell: (news: ReaderNews) => void): number {
    let at = 0;
    for (;;) {
      const step = this.tag === null ? this.takeMark(at, tell) : this.takeFrame(at, this.tag, tell);
      if (step === 0) return at;
      at += step;
    }
  }

  private takeFrame(at: number, tag: number, tell: (news: ReaderNews) => void): number {
    const available = this.heldBytes - at;
    if (available < 1) return 0;
    const view = new DataView(this.held.buffer, at, available);
    const kind = view.getUint8(0);
    const payloadBytes = available >= HEADER_BYTES ? view.getUint16(2, true) : 0;
    const whole = HEADER_BYTES + payloadBytes + TAIL_BYTES;
    const isFrame = kind >= LOWEST_KIND && kind <= HIGHEST_KIND && payloadBytes <= RECEIVE_PAYLOAD_MAX_BYTES;
    if (isFrame && available < whole) return 0;
    if (!isFrame || view.getUint32(HEADER_BYTES + payloadBytes, true) !== tag) {
      this.tag = null;
      tell({ kind: 'lost' });
      // The mark of an agent that was started anew may be in what follows.
      return this.takeMark(at, tell);
    }
    const payload = this.held.slice(at + HEADER_BYTES, at + HEADER_BYTES + payloadBytes);
    tell({ kind: 'frame', frame: { kind, id: view.getUint32(4, true), payload } });
    return whole;
  }

  private takeMark(at: number, tell: (news: ReaderNews) => void): number {
    const end = this.heldBytes;
    const known = this.held.subarray(0, end);
    let from = known.indexOf(MARK[0] ?? 0, at);
    while (from >= 0 && !this.beginsMark(from)) from = known.indexOf(MARK[0] ?? 0, from + 1);
    if (from < 0) return end - at;
    if (end - from < MARK.byteLength + NONCE_BYTES) return from - at;
    const nonceAt = from + MARK.byteLength;
    tell({ kind: 'mark', nonce: this.held.slice(nonceAt, nonceAt + NONCE_BYTES) });
    // One that begins nothing was perhaps cut off by the one that does, which then is in what its nonce was taken for.
    return this.tag === null ? nonceAt - at : nonceAt + NONCE_BYTES - at;
  }

  private beginsMark(from: number): boolean {
    const present = Math.min(MARK.byteLength, this.heldBytes - from);
    for (let index = 0; index < present; index += 1) if (this.held[from + index] !== MARK[index]) return false;
    return true;
  }

  private drop(done: number): void {
    if (done === 0) return;
    this.held.copyWithin(0, done, this.heldBytes);
    this.heldBytes -= done;
  }
}
