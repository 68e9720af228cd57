import { TCP_ACK, TCP_FIN, TCP_PSH } from '../wire/tcp.ts';
import { Congestion } from './congestion.ts';
import { Recovery, type SackBlocks } from './recovery.ts';
import { MAX_RTO_MS, RtoEstimator } from './rto.ts';
import type { SendQueue } from './send-queue.ts';
import { SendWindow } from './send-window.ts';
import { seqAdd, seqDiff, seqLe, seqLt, seqMax, seqMin, type SeqNum } from './seqnum.ts';

/**
 * Timeouts without any answer before the connection is given up: with the least timeout of 200 ms this takes 220 s,
 * above the 100 s that RFC 1122 section 4.2.3.5 asks for.
 */
export const MAX_UNANSWERED = 10;

/** Sends one segment with payload from this offset of the queue. */
export type SendSegment = (seq: SeqNum, flags: number, payloadOffset: number, payloadBytes: number) => void;

/** What the sender reads of an acceptable segment. */
export interface Acknowledgment {
  readonly seq: SeqNum;
  readonly ack: SeqNum;
  /** SND.WND, scaled. */
  readonly windowBytes: number;
  /** Neither text nor FIN: it may be a duplicate. */
  readonly isEmpty: boolean;
  /** Blocks, when SACK was agreed on. */
  readonly sack: SackBlocks | undefined;
}

/**
 * The sending half: windows, retransmission, recovery and probing. `unacknowledged` <= `next` <= `highest`, and `next`
 * falls behind `highest` (which is SND.NXT) after a timeout, when everything is sent again from the first gap on.
 */
export class Sender {
  /** SND.UNA. */
  unacknowledged: SeqNum;
  highest: SeqNum;
  readonly rto = new RtoEstimator();
  readonly window = new SendWindow();

  private next: SeqNum;
  /** The sequence number of the queue's first byte. */
  private dataStart: SeqNum;
  private readonly queue: SendQueue;
  private readonly sendSegment: SendSegment;
  private readonly congestion = new Congestion();
  private readonly recovery: Recovery;
  private isOpen = false;
  private isEnding = false;
  private mss = 1;
  private maxPayloadBytes = 1;
  private isLimitedByCongestion = false;
  private lastSentAtMs = 0;
  private retransmitAtMs = Infinity;
  private persistAtMs = Infinity;
  private persistBackOff = 1;
  private unanswered = 0;

  constructor(initialSeq: SeqNum, queue: SendQueue, sendSegment: SendSegment) {
    this.unacknowledged = initialSeq;
    this.next = seqAdd(initialSeq, 1);
    this.dataStart = this.next;
    this.highest = this.next;
    this.recovery = new Recovery(initialSeq, this.congestion);
    this.queue = queue;
    this.sendSegment = sendSegment;
  }

  /** Our SYN is acknowledged. */
  open(mss: number, maxPayloadBytes: number): void {
    this.isOpen = true;
    this.unacknowledged = this.next;
    this.mss = mss;
    this.congestion.setMss(mss);
    this.limitPayload(maxPayloadBytes);
  }

  /** Super segments are multiples of the MSS: whoever cuts them up then makes full ones only. */
  limitPayload(maxPayloadBytes: number): void {
    this.maxPayloadBytes = Math.max(this.mss, maxPayloadBytes - (maxPayloadBytes % this.mss));
  }

  /** No more bytes will be queued: a FIN follows them when the caller transmits. */
  end(): void {
    this.isEnding = true;
  }

  get hasSentFin(): boolean {
    return this.isEnding && seqLt(this.dataEnd, this.highest);
  }

  get isFinAcknowledged(): boolean {
    return this.isEnding && seqLt(this.dataEnd, this.unacknowledged);
  }

  get nextTimerMs(): number {
    return Math.min(this.retransmitAtMs, this.persistAtMs);
  }

  /** SND.NXT, or the window's edge when it has closed over it: an ACK from beyond it would not be looked at. */
  get acceptableSeq(): SeqNum {
    if (!this.isOpen) return this.highest;
    return seqMin(this.highest, seqAdd(this.unacknowledged, this.window.bytes));
  }

  /** RFC 5961 section 5: too old to be of this connection, or of something that was never sent. */
  isBogus(ack: SeqNum): boolean {
    const ahead = seqDiff(ack, this.unacknowledged);
    return ahead > seqDiff(this.highest, this.unacknowledged) || ahead < -Math.max(1, this.window.widestBytes);
  }

  /**
   * An ACK that is not bogus. Sends nothing but the first retransmission of a recovery: the caller transmits when it
   * has taken the segment's text too, so that new data carries its ACK.
   */
  acknowledge({ seq, ack, windowBytes, isEmpty, sack }: Acknowledgment, nowMs: number): void {
    const hadSameWindow = windowBytes === this.window.bytes;
    this.window.update(seq, ack, windowBytes);
    // A closed window that is acknowledged is a living peer, for however long (RFC 9293 section 3.8.6.1).
    if (this.window.bytes === 0) this.unanswered = 0;
    const hasNews = sack !== undefined && this.recovery.takeSack(sack, this.unacknowledged, this.highest);
    if (seqLt(this.unacknowledged, ack)) {
      this.advance(ack, nowMs);
    } else if (ack === this.unacknowledged && seqLt(ack, this.next)) {
      // RFC 5681 section 2; with SACK an ACK counts when it reports something new (RFC 6675).
      if (hasNews) this.congestion.duplicateAck(true, 0);
      else if (sack === undefined && isEmpty && hadSameWindow) {
        this.congestion.duplicateAck(false, seqDiff(this.next, this.unacknowledged));
      }
    }
    if (this.recovery.isLossEvident(this.unacknowledged, this.next, this.mss)) this.enterRecovery(nowMs);
  }

  /** Sends what the windows allow. */
  transmit(nowMs: number): void {
    while (this.isOpen && (this.sendHole(nowMs) || this.sendNext(nowMs)));
    const isBlocked = this.isOpen && this.next === this.unacknowledged && this.queue.byteCount > 0;
    if (!isBlocked) {
      this.persistAtMs = Infinity;
      this.persistBackOff = 1;
    } else if (this.persistAtMs === Infinity) {
      this.schedulePersist(nowMs);
    }
  }

  /** Bytes are about to be queued. */
  noteUse(nowMs: number): void {
    if (this.highest === this.unacknowledged && nowMs - this.lastSentAtMs > this.rto.rtoMs) this.congestion.wasIdle();
  }

  /** @returns false when the peer has not answered for so long that the connection is given up */
  tick(nowMs: number): boolean {
    if (nowMs < this.nextTimerMs) return true;
    if (++this.unanswered > MAX_UNANSWERED) return false;
    if (nowMs >= this.retransmitAtMs) this.timeOut(nowMs);
    else this.probe(nowMs);
    return true;
  }

  /** Sends nothing any more and has no timer. */
  stop(): void {
    this.isOpen = false;
    this.retransmitAtMs = Infinity;
    this.persistAtMs = Infinity;
  }

  private get dataEnd(): SeqNum {
    return seqAdd(this.dataStart, this.queue.byteCount);
  }

  private advance(ack: SeqNum, nowMs: number): void {
    const byteCount = seqDiff(ack, this.unacknowledged);
    const dataBytes = Math.min(seqDiff(ack, this.dataStart), this.queue.byteCount);
    this.queue.acknowledge(dataBytes);
    this.dataStart = seqAdd(this.dataStart, dataBytes);
    this.unacknowledged = ack;
    this.next = seqMax(this.next, ack);
    this.recovery.scoreboard.trim(ack);
    this.rto.acknowledged(ack, nowMs);
    this.unanswered = 0;
    this.retransmitAtMs = this.next === ack ? Infinity : nowMs + this.rto.rtoMs;
    if (!this.congestion.isRecovering) {
      this.congestion.acknowledged(byteCount, this.isLimitedByCongestion);
    } else if (seqLe(this.recovery.point, ack)) {
      this.congestion.leaveRecovery();
    } else {
      this.congestion.partiallyAcknowledged(byteCount);
      // All that was retransmitted has arrived and still there is a gap: here it is (RFC 6582 section 3.2).
      if (seqLe(this.recovery.retransmitted, ack)) this.retransmitFirst(nowMs);
    }
  }

  private enterRecovery(nowMs: number): void {
    this.congestion.enterRecovery(seqDiff(this.highest, this.unacknowledged));
    this.recovery.point = this.highest;
    this.retransmitAtMs = nowMs + this.rto.rtoMs;
    this.retransmitFirst(nowMs);
  }

  private retransmitFirst(nowMs: number): void {
    const seq = this.unacknowledged;
    const gapEnd = this.recovery.scoreboard.gapEnd(seq, this.dataEnd);
    const isGapKnown = gapEnd !== this.dataEnd;
    const length = Math.min(seqDiff(gapEnd, seq), isGapKnown ? this.maxPayloadBytes : this.mss);
    this.recovery.retransmitted = seqAdd(seq, Math.max(1, length));
    this.send(seq, Math.max(0, length), nowMs);
  }

  /** Recovery with SACK. Returns whether something was sent. */
  private sendHole(nowMs: number): boolean {
    const hole = this.recovery.nextHole(this.unacknowledged);
    if (!hole) return false;
    const allowed = this.congestion.cwnd - this.recovery.inFlight(this.unacknowledged, this.next);
    if (allowed < this.mss) return false;
    const length = Math.min(hole.byteCount, allowed - (allowed % this.mss), this.maxPayloadBytes);
    this.recovery.retransmitted = seqAdd(hole.seq, length);
    this.send(hole.seq, length, nowMs);
    return true;
  }

  /** What `next` points at: new data, or after a timeout old data that the peer does not hold. */
  private sendNext(nowMs: number): boolean {
    const { scoreboard } = this.recovery;
    if (!scoreboard.isEmpty) this.next = scoreboard.skipHeld(this.next);
    const seq = this.next;
    const limit = scoreboard.isEmpty ? this.dataEnd : scoreboard.gapEnd(seq, this.dataEnd);
    const available = seqDiff(limit, seq);
    const flightBytes = this.recovery.inFlight(this.unacknowledged, seq);
    const windowBytes = seqDiff(seqAdd(this.unacknowledged, this.window.bytes), seq);
    this.isLimitedByCongestion = false;
    if (available <= 0) {
      // A lone FIN fits any window when nothing else is on its way: it needs no buffer, and being refused is answered.
      if (!this.isEnding || available < 0 || (windowBytes <= 0 && flightBytes > 0)) return false;
      this.send(seq, 0, nowMs);
      return true;
    }
    const congestionBytes = this.congestion.cwnd - flightBytes;
    const usable = Math.min(windowBytes, congestionBytes, this.maxPayloadBytes);
    this.isLimitedByCongestion = congestionBytes < Math.min(windowBytes, available);
    if (usable <= 0) return false;
    let length = Math.min(available, usable);
    if (length < available) {
      // Silly windows (RFC 9293 section 3.8.6.2.1): full segments, or half of the widest window, or all there is.
      if (length >= this.mss) length -= length % this.mss;
      else if (this.isLimitedByCongestion || length < this.window.widestBytes / 2) return false;
    } else if (length < this.mss && flightBytes >= 2 * this.maxPayloadBytes && !this.isEnding) {
      // Not Nagle's wait for a lone small segment: so much is on its way that an ACK is certain to come soon, and the
      // rest of one chunk leaves together with the next one instead of in a frame of its own.
      return false;
    }
    this.send(seq, length, nowMs);
    return true;
  }

  /** One segment; with the FIN when it reaches the end of everything and the window has room for it. */
  private send(seq: SeqNum, length: number, nowMs: number): void {
    const dataEnd = this.dataEnd;
    let end = seqAdd(seq, length);
    let flags = TCP_ACK;
    if (end === dataEnd) {
      if (length > 0) flags |= TCP_PSH;
      const hasRoom = length === 0 || seqDiff(end, this.unacknowledged) < this.window.bytes;
      if (this.isEnding && hasRoom) {
        flags |= TCP_FIN;
        end = seqAdd(end, 1);
      }
    }
    if (seqLt(seq, this.highest)) this.rto.sentAgain();
    else this.rto.sent(end, nowMs);
    this.next = seqMax(this.next, end);
    this.highest = seqMax(this.highest, end);
    this.lastSentAtMs = nowMs;
    if (this.retransmitAtMs === Infinity) this.retransmitAtMs = nowMs + this.rto.rtoMs;
    this.sendSegment(seq, flags, seqDiff(seq, this.dataStart), length);
  }

  private timeOut(nowMs: number): void {
    const outstandingBytes = seqDiff(this.highest, this.unacknowledged);
    this.congestion.timedOut(outstandingBytes, this.unanswered === 1);
    this.recovery.timedOut(this.highest);
    this.next = this.unacknowledged;
    this.rto.backOff();
    this.retransmitAtMs = Infinity;
    this.transmit(nowMs);
    // The window has closed, or shrunk, over what is outstanding: that is probed for like new data.
    if (this.persistAtMs === Infinity) return;
    this.persistBackOff = 1;
    this.probe(nowMs);
  }

  /** A byte beyond a closed window (section 3.8.6.1), or what a silly window has room for. */
  private probe(nowMs: number): void {
    this.persistAtMs = Infinity;
    if (this.window.bytes > 0) {
      this.send(this.next, Math.min(this.window.bytes, this.queue.byteCount, this.mss), nowMs);
      return;
    }
    this.schedulePersist(nowMs);
    this.highest = seqMax(this.highest, seqAdd(this.unacknowledged, 1));
    this.rto.sentAgain();
    this.sendSegment(this.unacknowledged, TCP_ACK | TCP_PSH, 0, 1);
  }

  private schedulePersist(nowMs: number): void {
    this.persistAtMs = nowMs + Math.min(MAX_RTO_MS, this.rto.rtoMs * this.persistBackOff);
    this.persistBackOff = Math.min(MAX_RTO_MS, this.persistBackOff * 2);
  }
}
