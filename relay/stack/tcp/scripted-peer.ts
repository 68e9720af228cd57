import { TCP_ACK, TCP_FIN, TCP_PSH, TCP_RST, TCP_SYN, TCP_URG, type TcpOptions, type TcpSegment } from '../wire/tcp.ts';
import { TcpConnection, type TcpOptionsLocal, type TcpOut, type TcpPorts } from './connection.ts';
import { seqAdd } from './seqnum.ts';

/** For tests only: a peer that sends what the test says and a record of what the connection does. */

/** Initial sequence numbers of the connection under test and of the peer. */
export const OURS = 10_000;
export const THEIRS = 500_000;
export const MSS = 1460;

export const LOCAL: TcpOptionsLocal = {
  initialSeq: OURS,
  mss: MSS,
  maxPayloadBytes: MSS,
  receiveBufferBytes: 65_535,
  sendBufferBytes: 65_535,
};

/** Letters of flags: S, A, F, R, P, U. */
const FLAGS: Readonly<Record<string, number>> = {
  S: TCP_SYN,
  A: TCP_ACK,
  F: TCP_FIN,
  R: TCP_RST,
  P: TCP_PSH,
  U: TCP_URG,
};

export interface Sent {
  readonly flags: string;
  readonly seq: number;
  readonly ack: number;
  readonly window: number;
  readonly payload: string;
  readonly options: TcpOptions;
}

/** What a test says of a segment; the rest is filled in from where the script has got to. */
export interface Line {
  /** Relative to THEIRS: 1 is the first byte of text. */
  readonly seq?: number;
  /** Relative to OURS. */
  readonly ack?: number;
  readonly flags?: string;
  readonly window?: number;
  readonly payload?: string | Uint8Array;
  readonly options?: TcpOptions;
}

export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

export function textOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
}

export function segmentOf(line: Line): TcpSegment {
  const payload = typeof line.payload === 'string' ? bytesOf(line.payload) : (line.payload ?? new Uint8Array());
  const letters = line.flags ?? 'A';
  return {
    srcPort: 40_000,
    dstPort: 80,
    seq: seqAdd(THEIRS, line.seq ?? 1),
    ack: letters.includes('A') ? seqAdd(OURS, line.ack ?? 1) : 0,
    flags: Array.from(letters).reduce((mask, letter) => mask | (FLAGS[letter] ?? 0), 0),
    window: line.window ?? 0xffff,
    urgent: 0,
    options: line.options ?? {},
    payload,
  };
}

/** One connection with its peer's script. Sequence numbers in what it records are relative, as in `Line`. */
export class Scene {
  nowMs = 0;
  /** `established`, `data …`, `ended`, `space`, `closed …` in the order they came. */
  readonly events: string[] = [];
  readonly received: Uint8Array[] = [];
  readonly connection: TcpConnection;
  /** Called on delivery, to test callbacks that act on the connection. */
  onData: ((bytes: Uint8Array) => void) | null = null;
  private readonly sent: Sent[] = [];
  private readonly base: number;

  constructor(open: (ports: TcpPorts) => TcpConnection, base = OURS) {
    this.base = base;
    this.connection = open({
      emit: (segment) => this.sent.push(this.record(segment)),
      established: () => this.events.push('established'),
      data: (bytes) => {
        this.events.push(`data ${bytes.length > 40 ? bytes.length : textOf(bytes)}`);
        this.received.push(bytes);
        this.onData?.(bytes);
      },
      ended: () => this.events.push('ended'),
      sendSpace: () => this.events.push('space'),
      closed: (reason) => this.events.push(`closed ${reason}`),
    });
  }

  /** The peer has called. */
  static accepting(local: Partial<TcpOptionsLocal> = {}, syn: Line = {}): Scene {
    const line = { seq: 0, flags: 'S', options: { mss: MSS }, ...syn };
    const options = { ...LOCAL, ...local };
    return new Scene((ports) => TcpConnection.accept(options, segmentOf(line), ports, 0), options.initialSeq);
  }

  /** We have called. */
  static connecting(local: Partial<TcpOptionsLocal> = {}): Scene {
    const options = { ...LOCAL, ...local };
    return new Scene((ports) => TcpConnection.connect(options, ports, 0), options.initialSeq);
  }

  /** Past the handshake, with nothing left to look at. */
  static established(local: Partial<TcpOptionsLocal> = {}, syn: Line = {}): Scene {
    const scene = Scene.accepting(local, syn);
    scene.send({ ...(syn.window === undefined ? {} : { window: syn.window }) });
    scene.takeSent();
    scene.events.length = 0;
    return scene;
  }

  send(line: Line): this {
    this.connection.receive(segmentOf(line), this.nowMs);
    return this;
  }

  /** Lets time pass, with every timer at its time. */
  pass(ms: number): this {
    const until = this.nowMs + ms;
    for (;;) {
      const at = this.connection.nextTimerMs();
      if (at === null || at > until) break;
      this.nowMs = Math.max(this.nowMs, at);
      this.connection.tick(this.nowMs);
    }
    this.nowMs = until;
    return this;
  }

  write(payload: string | Uint8Array): this {
    this.connection.send(typeof payload === 'string' ? bytesOf(payload) : payload, this.nowMs);
    return this;
  }

  end(): this {
    this.connection.end(this.nowMs);
    return this;
  }

  /** Everything sent since the last look. */
  takeSent(): Sent[] {
    return this.sent.splice(0);
  }

  private record(segment: TcpOut): Sent {
    const payload = new Uint8Array(segment.payloadBytes);
    segment.copyPayload(payload, 0);
    const flags = Object.entries(FLAGS).filter(([, mask]) => segment.flags & mask);
    return {
      flags: flags.map(([letter]) => letter).join(''),
      seq: (segment.seq - this.base) | 0,
      ack: segment.flags & TCP_ACK ? (segment.ack - THEIRS) | 0 : 0,
      window: segment.window,
      payload: textOf(payload),
      options: segment.options,
    };
  }
}
