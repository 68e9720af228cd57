import { TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN, type TcpOptions, type TcpSegment } from '../wire/tcp.ts';
import { ChallengeLimit } from './challenge-limit.ts';
import { Emitter, segmentLength } from './emitter.ts';
import { negotiate, synOptions } from './negotiation.ts';
import type { CloseReason, TcpOptionsLocal, TcpPorts } from './ports.ts';
import { Receiver } from './receiver.ts';
import { SendQueue } from './send-queue.ts';
import { Sender } from './sender.ts';
import { seqAdd, seqLt, type SeqNum } from './seqnum.ts';
import { expectsText, hasBothEnds, ON_END, ON_FIN_ACKED, ON_PEER_FIN, type TcpState } from './state.ts';

export { resetFor } from './emitter.ts';
export type { CloseReason, TcpOptionsLocal, TcpOut, TcpPorts } from './ports.ts';
export type { TcpState } from './state.ts';

/** With the back-off from one second this is 183 s: RFC 1122 section 4.2.3.5 asks for at least three minutes. */
export const MAX_SYN_RETRIES = 7;
/**
 * Twice the maximum segment lifetime. Two minutes each is for the internet; a frame does not live for five seconds in
 * a link that is a queue in this machine's memory.
 */
export const TIME_WAIT_MS = 10_000;

/**
 * One TCP connection towards a guest, after RFC 9293 section 3.10, RFC 5961 (blind attacks), RFC 7323 (window scale)
 * and RFC 2018 (SACK). Pure: it acts only when called, reads no clock, and `nowMs` never goes back. Urgent data is
 * delivered in line; timestamps are not offered.
 */
export class TcpConnection {
  private current: TcpState;
  private readonly local: TcpOptionsLocal;
  private readonly ports: TcpPorts;
  private readonly queue = new SendQueue();
  private readonly receiver: Receiver;
  private readonly sender: Sender;
  private readonly emitter: Emitter;
  private readonly challenges = new ChallengeLimit();
  /** The options of the peer's SYN; null until it has come. */
  private offered: TcpOptions | null = null;
  private sendMss = 0;
  private peerShift = 0;
  private maxPayloadBytes: number;
  private isEndRequested = false;
  private wantsSpace = false;
  private synSentAtMs = 0;
  private synRetries = 0;
  /** Retransmission of the SYN, later the end of TIME-WAIT. */
  private stateTimerMs = Infinity;

  private constructor(state: TcpState, local: TcpOptionsLocal, ports: TcpPorts) {
    this.current = state;
    this.local = local;
    this.ports = ports;
    this.maxPayloadBytes = local.maxPayloadBytes;
    this.receiver = new Receiver(local.receiveBufferBytes, local.mss, (bytes) => ports.data(bytes));
    this.emitter = new Emitter(this.queue, this.receiver, (segment) => ports.emit(segment));
    this.sender = new Sender(local.initialSeq >>> 0, this.queue, (seq, flags, offset, byteCount) =>
      this.emitter.segment(seq, flags, offset, byteCount),
    );
  }

  /** Answers a SYN with SYN|ACK. */
  static accept(local: TcpOptionsLocal, syn: TcpSegment, ports: TcpPorts, nowMs: number): TcpConnection {
    const connection = new TcpConnection('syn-received', local, ports);
    connection.takeSyn(syn);
    connection.receiver.hold(seqAdd(syn.seq, 1), syn.payload, (syn.flags & TCP_FIN) !== 0);
    connection.sendSyn(nowMs);
    return connection;
  }

  /** Sends a SYN. */
  static connect(local: TcpOptionsLocal, ports: TcpPorts, nowMs: number): TcpConnection {
    const connection = new TcpConnection('syn-sent', local, ports);
    connection.sendSyn(nowMs);
    return connection;
  }

  /** The payload of one wire segment towards the peer: what a super segment is to be cut into. 0 before its SYN. */
  get segmentBytes(): number {
    return this.sendMss;
  }

  get state(): TcpState {
    return this.current;
  }

  /** Handed to `send` and not acknowledged yet. */
  get queuedBytes(): number {
    return this.queue.byteCount;
  }

  /** Delivered and not `consumed`, or waiting for a gap to close; never more than the receive buffer. */
  get heldBytes(): number {
    return this.receiver.heldBytes;
  }

  /** SND.NXT: a connection that takes this one's place begins with a higher number (RFC 9293 section 3.6.1). */
  get sendNext(): SeqNum {
    return this.sender.highest;
  }

  /** On the clock of `nowMs`: when `tick` has something to do; null when only a call can change anything. */
  nextTimerMs(): number | null {
    const at = Math.min(this.stateTimerMs, this.receiver.delayedAckAtMs, this.sender.nextTimerMs);
    return at === Infinity ? null : at;
  }

  /** Whether this SYN may begin a new connection in the place of this one, which then is to be aborted (MAY-2). */
  mayBeReplacedBy({ flags, seq }: TcpSegment): boolean {
    const isSyn = (flags & (TCP_SYN | TCP_ACK | TCP_RST)) === TCP_SYN;
    return this.current === 'time-wait' && isSyn && seqLt(this.receiver.next, seq);
  }

  /** The link takes longer, or only shorter, frames from now on. */
  setMaxPayloadBytes(maxPayloadBytes: number): void {
    this.maxPayloadBytes = maxPayloadBytes;
    this.sender.limitPayload(this.payloadLimit);
  }

  /** Queues bytes, which are not copied and must not change until they are acknowledged. */
  send(bytes: Uint8Array, nowMs: number): void {
    if (this.isEndRequested || this.current === 'closed' || bytes.length === 0) return;
    this.sender.noteUse(nowMs);
    this.queue.push(bytes);
    if (this.queue.byteCount * 2 >= this.local.sendBufferBytes) this.wantsSpace = true;
    this.sender.transmit(nowMs);
  }

  /** Half-close: a FIN after everything queued, as soon as the connection is established. */
  end(nowMs: number): void {
    if (this.isEndRequested || this.current === 'closed') return;
    this.isEndRequested = true;
    this.sender.end();
    this.current = ON_END[this.current] ?? this.current;
    this.sender.transmit(nowMs);
  }

  /** Closes at once; the peer gets a reset unless it knows already that we are done (RFC 9293 section 3.10.5). */
  abort(_nowMs: number): void {
    if (this.current === 'closed') return;
    const state = this.current;
    const knows = hasBothEnds(state) && this.sender.hasSentFin;
    if (state !== 'syn-sent' && !knows) this.emitter.reset(this.sender.acceptableSeq);
    this.close(state === 'time-wait' ? 'finished' : 'aborted');
  }

  /** The owner is done with delivered bytes: the window opens again. */
  consumed(byteCount: number, _nowMs: number): void {
    if (this.receiver.consumed(byteCount) && expectsText(this.current)) this.acknowledge();
  }

  /** Does what is due; call it at `nextTimerMs` or later. */
  tick(nowMs: number): void {
    if (nowMs >= this.stateTimerMs) {
      if (this.current === 'time-wait') return this.close('finished');
      if (this.synRetries >= MAX_SYN_RETRIES) return this.close('timed-out');
      this.synRetries++;
      this.sender.rto.backOff();
      this.sendSyn(nowMs);
    }
    if (nowMs >= this.receiver.delayedAckAtMs) this.acknowledge();
    if (!this.sender.tick(nowMs)) this.close('timed-out');
  }

  /** Takes a segment of this connection whose checksum is right (RFC 9293 section 3.10.7). */
  receive(segment: TcpSegment, nowMs: number): void {
    if (this.current === 'closed') return;
    if (this.current === 'syn-sent') return this.receiveInSynSent(segment, nowMs);
    if (this.current === 'syn-received' && this.isSynAgain(segment)) return this.receiveSynAgain(segment, nowMs);
    const { seq, flags } = segment;
    if (!this.receiver.isAcceptable(seq, segmentLength(segment))) return this.refuse(segment, nowMs);
    if (flags & TCP_RST) {
      // RFC 5961 section 3: only at exactly RCV.NXT; elsewhere in the window the peer must say it again, and right.
      if (seq !== this.receiver.next) return this.challenge(nowMs);
      return this.close(this.current === 'time-wait' ? 'finished' : 'reset');
    }
    // RFC 5961 section 4: a peer that has really started anew answers this with a reset we take.
    if (flags & TCP_SYN) return this.challenge(nowMs);
    if (!(flags & TCP_ACK) || !this.takeAck(segment, nowMs)) return;
    this.takeText(segment, nowMs);
    this.conclude(nowMs);
  }

  private receiveInSynSent(segment: TcpSegment, nowMs: number): void {
    const { flags, ack, payload } = segment;
    const hasAck = (flags & TCP_ACK) !== 0;
    if (hasAck && ack !== this.sender.highest) {
      if (!(flags & TCP_RST)) this.emitter.resetAt(ack);
      return;
    }
    if (flags & TCP_RST) {
      if (hasAck) this.close('reset');
      return;
    }
    if (!(flags & TCP_SYN)) return;
    this.takeSyn(segment);
    const seq = seqAdd(segment.seq, 1);
    if (!hasAck) {
      // Both sides have called each other (section 3.5, figure 8).
      this.current = 'syn-received';
      this.receiver.hold(seq, payload, (flags & TCP_FIN) !== 0);
      this.sendSyn(nowMs);
      return;
    }
    this.receiver.isAckDue = true;
    this.establish(segment.seq, ack, segment.window, nowMs);
    this.takeText({ ...segment, seq }, nowMs);
    this.conclude(nowMs);
  }

  /** The peer's SYN once more: our SYN|ACK was lost, or, after a simultaneous open, this is the peer's SYN|ACK. */
  private isSynAgain({ flags, seq }: TcpSegment): boolean {
    return (flags & (TCP_SYN | TCP_RST)) === TCP_SYN && seqAdd(seq, 1) === this.receiver.next;
  }

  private receiveSynAgain(segment: TcpSegment, nowMs: number): void {
    if ((segment.flags & TCP_ACK) === 0) return this.emitSyn();
    if (segment.ack !== this.sender.highest) return this.emitter.resetAt(segment.ack);
    this.receiver.isAckDue = true;
    this.establish(segment.seq, segment.ack, segment.window, nowMs);
    this.conclude(nowMs);
  }

  private takeSyn({ seq, options }: TcpSegment): void {
    this.offered = options;
    const agreed = negotiate(options, this.local.mss, this.local.receiveBufferBytes);
    this.sendMss = agreed.mss;
    this.peerShift = agreed.peerShift;
    this.emitter.hasSack = agreed.hasSack;
    this.receiver.start(seq, agreed.ownShift);
  }

  private sendSyn(nowMs: number): void {
    this.synSentAtMs = nowMs;
    this.stateTimerMs = nowMs + this.sender.rto.rtoMs;
    this.emitSyn();
  }

  private emitSyn(): void {
    const { initialSeq, mss, receiveBufferBytes } = this.local;
    const options = synOptions(mss, receiveBufferBytes, this.offered);
    this.emitter.syn(initialSeq >>> 0, this.offered !== null, options);
  }

  private establish(seq: SeqNum, ack: SeqNum, windowBytes: number, nowMs: number): void {
    this.stateTimerMs = Infinity;
    if (this.synRetries === 0) this.sender.rto.sample(nowMs - this.synSentAtMs);
    else this.sender.rto.synWasRetransmitted();
    this.sender.open(this.sendMss, this.payloadLimit);
    this.sender.window.set(seq, ack, windowBytes);
    this.current = 'established';
    if (this.isEndRequested) this.current = 'fin-wait-1';
    this.ports.established();
    this.receiver.drain(nowMs);
    this.noticePeerFin(nowMs);
  }

  /** Without offload what is sent is what the peer gets, so its MSS is the limit. */
  private get payloadLimit(): number {
    return this.maxPayloadBytes > this.local.mss ? this.maxPayloadBytes : this.sendMss;
  }

  /** Returns whether the segment's text is to be looked at. */
  private takeAck(segment: TcpSegment, nowMs: number): boolean {
    const { seq, ack, flags, payload, options } = segment;
    const windowBytes = segment.window << this.peerShift;
    if (this.current === 'syn-received') {
      if (ack !== this.sender.highest) {
        this.emitter.resetAt(ack);
        return false;
      }
      this.establish(seq, ack, windowBytes, nowMs);
      return true;
    }
    if (this.sender.isBogus(ack)) {
      this.challenge(nowMs);
      return false;
    }
    const isEmpty = payload.length === 0 && (flags & TCP_FIN) === 0;
    const sack = this.emitter.hasSack ? (options.sack ?? []) : undefined;
    this.sender.acknowledge({ seq, ack, windowBytes, isEmpty, sack }, nowMs);
    const next = this.sender.isFinAcknowledged ? ON_FIN_ACKED[this.current] : undefined;
    if (next === 'closed') {
      this.close('finished');
      return false;
    }
    if (next) this.enter(next, nowMs);
    return true;
  }

  private takeText({ seq, flags, payload }: TcpSegment, nowMs: number): void {
    const hasFin = (flags & TCP_FIN) !== 0;
    if (!expectsText(this.current) || (payload.length === 0 && !hasFin)) return;
    this.receiver.take(seq, payload, hasFin, nowMs);
    this.noticePeerFin(nowMs);
  }

  private noticePeerFin(nowMs: number): void {
    if (!this.receiver.isFinished || !expectsText(this.current)) return;
    this.enter(ON_PEER_FIN[this.current] ?? this.current, nowMs);
    this.ports.ended();
  }

  private enter(state: TcpState, nowMs: number): void {
    this.current = state;
    if (state !== 'time-wait') return;
    this.sender.stop();
    this.stateTimerMs = nowMs + TIME_WAIT_MS;
  }

  /** After a segment: what it allows to be sent, the ACK it asks for, and the news for the owner. */
  private conclude(nowMs: number): void {
    this.sender.transmit(nowMs);
    if (this.receiver.isAckDue) this.acknowledge();
    if (!this.wantsSpace || this.queue.byteCount * 2 >= this.local.sendBufferBytes) return;
    this.wantsSpace = false;
    if (!this.isEndRequested && this.current !== 'closed') this.ports.sendSpace();
  }

  /** An unacceptable segment: an ACK tells the peer where we are, but a reset is never answered. */
  private refuse({ flags, payload }: TcpSegment, nowMs: number): void {
    if (flags & TCP_RST) return;
    const hasFin = (flags & TCP_FIN) !== 0;
    // Our last ACK was lost: wait for another one as long (RFC 9293 section 3.10.7.4, eighth).
    if (this.current === 'time-wait' && hasFin) this.stateTimerMs = nowMs + TIME_WAIT_MS;
    // Text and FIN are retransmissions, as many as the peer cares to send; the rest is rationed.
    if (payload.length > 0 || hasFin) this.acknowledge();
    else this.challenge(nowMs);
  }

  private challenge(nowMs: number): void {
    if (this.challenges.take(nowMs)) this.acknowledge();
  }

  private acknowledge(): void {
    this.emitter.segment(this.sender.acceptableSeq, 0, 0, 0);
  }

  private close(reason: CloseReason): void {
    if (this.current === 'closed') return;
    this.current = 'closed';
    this.stateTimerMs = Infinity;
    this.sender.stop();
    this.receiver.stop();
    this.queue.clear();
    this.ports.closed(reason);
  }
}
