import { NO_TCP_OPTIONS, TCP_ACK, TCP_RST, TCP_SYN, type TcpOptions, type TcpSegment } from '../wire/tcp.ts';
import type { TcpOut } from './ports.ts';
import type { Receiver } from './receiver.ts';
import type { SendQueue } from './send-queue.ts';
import { seqAdd, type SeqNum } from './seqnum.ts';

/** Fills in what every segment carries. One object is used for all segments of a connection. */
export class Emitter implements TcpOut {
  seq: SeqNum = 0;
  ack: SeqNum = 0;
  flags = 0;
  window = 0;
  options: TcpOptions = NO_TCP_OPTIONS;
  payloadBytes = 0;
  /** Set when both sides have agreed on SACK. */
  hasSack = false;

  private payloadOffset = 0;
  private readonly queue: SendQueue;
  private readonly receiver: Receiver;
  private readonly port: (segment: TcpOut) => void;

  constructor(queue: SendQueue, receiver: Receiver, port: (segment: TcpOut) => void) {
    this.queue = queue;
    this.receiver = receiver;
    this.port = port;
  }

  copyPayload(target: Uint8Array, at: number): void {
    this.queue.copy(this.payloadOffset, this.payloadBytes, target, at);
  }

  /** A segment of the synchronised states, with `payloadBytes` from `payloadOffset` of the queue on. */
  segment(seq: SeqNum, flags: number, payloadOffset: number, payloadBytes: number): void {
    this.seq = seq;
    this.ack = this.receiver.next;
    this.flags = flags | TCP_ACK;
    this.window = this.receiver.announce();
    // Options come out of the MSS (RFC 9293 section 3.7.1), so blocks travel on segments without payload only.
    const isReport = this.hasSack && payloadBytes === 0 && this.receiver.hasGap;
    this.options = isReport ? { sack: this.receiver.sackBlocks() } : NO_TCP_OPTIONS;
    this.payloadOffset = payloadOffset;
    this.payloadBytes = payloadBytes;
    this.port(this);
  }

  /** SYN, or SYN|ACK once the peer's SYN has been seen. Its window is never scaled (RFC 7323 section 2.2). */
  syn(seq: SeqNum, hasAck: boolean, options: TcpOptions): void {
    this.plain(seq, hasAck ? this.receiver.next : 0, hasAck ? TCP_SYN | TCP_ACK : TCP_SYN);
    this.window = this.receiver.synWindow;
    this.options = options;
    this.port(this);
  }

  /** A reset the peer takes: at its RCV.NXT, acknowledging what has been received. */
  reset(seq: SeqNum): void {
    this.plain(seq, this.receiver.next, TCP_RST | TCP_ACK);
    this.port(this);
  }

  /** A reset in answer to an acknowledgment of something never sent. */
  resetAt(ack: SeqNum): void {
    this.plain(ack, 0, TCP_RST);
    this.port(this);
  }

  private plain(seq: SeqNum, ack: SeqNum, flags: number): void {
    this.seq = seq;
    this.ack = ack;
    this.flags = flags;
    this.window = 0;
    this.options = NO_TCP_OPTIONS;
    this.payloadOffset = 0;
    this.payloadBytes = 0;
  }
}

/**
 * The reset for a segment that belongs to no connection (RFC 9293 section 3.10.7.1); null for a reset, which is never
 * answered.
 */
export function resetFor(segment: TcpSegment): TcpOut | null {
  if (segment.flags & TCP_RST) return null;
  const hasAck = (segment.flags & TCP_ACK) !== 0;
  return {
    seq: hasAck ? segment.ack : 0,
    ack: hasAck ? 0 : seqAdd(segment.seq, segmentLength(segment)),
    flags: hasAck ? TCP_RST : TCP_RST | TCP_ACK,
    window: 0,
    options: NO_TCP_OPTIONS,
    payloadBytes: 0,
    copyPayload: () => undefined,
  };
}

/** SEG.LEN: SYN and FIN occupy a number each. */
export function segmentLength({ flags, payload }: TcpSegment): number {
  return payload.length + ((flags >> 1) & 1) + (flags & 1);
}
