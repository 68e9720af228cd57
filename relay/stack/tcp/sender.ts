import { TCP_ACK, TCP_FIN, TCP_PSH } from '../wire/tcp.ts';
import { Congestion, DUPLICATE_ACKS } from './congestion.ts';
import { MAX_RTO_MS, RtoEstimator } from './rto.ts';
import { Scoreboard } from './scoreboard.ts';
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
  readonly sack: readonly (readonly [SeqNum, SeqNum])[] | undefined;
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
  private readonly scoreboard = new Scoreboard();
  private isOpen = false;
  private isEnding = false;
  private mss = 1;
  private maxPayloadBytes = 1;
  /** Where recovery ends, and up to where it has retransmitted. */
  private recover: SeqNum;
  private retransmitted: SeqNum;
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
    this.recover = initialSeq;
    this.retransmitted = initialSeq;
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
    const hasNews = sack !== undefined && this.takeSack(sack);
    if (seqLt(this.unacknowledged, ack)) {
      this.advance(ack, nowMs);
    } else if (ack === this.unacknowledged && seqLt(ack, this.next)) {
      // RFC 5681 section 2; with SACK an ACK counts when it reports something new (RFC 6675).
      if (hasNews) this.congestion.duplicateAck(true, 0);
      else if (sack === undefined && isEmpty && hadSameWindow) {
        this.congestion.duplicateAck(false, seqDiff(this.next, this.unacknowledged));
      }
    }
    if (this.isLossEvident) this.enterRecovery(nowMs);
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
    this.scoreboard.trim(ack);
    this.rto.acknowledged(ack, nowMs);
    this.unanswered = 0;
    this.retransmitAtMs = this.next === ack ? Infinity : nowMs + this.rto.rtoMs;
    if (!this.congestion.isRecovering) {
      this.congestion.acknowledged(byteCount, this.isLimitedByCongestion);
    } else if (seqLe(this.recover, ack)) {
      this.congestion.leaveRecovery();
    } else {
      this.congestion.partiallyAcknowledged(byteCount);
      // All that was retransmitted has arrived and still there is a gap: here it is (RFC 6582 section 3.2).
      if (seqLe(this.retransmitted, ack)) this.retransmitFirst(nowMs);
    }
  }

  /** Blocks that lie within what is outstanding; the others are old, or made up. */
  private takeSack(blocks: readonly (readonly [SeqNum, SeqNum])[]): boolean {
    let hasNews = false;
    for (const [left, right] of blocks) {
      const isOurs = seqLt(left, right) && seqLt(this.unacknowledged, left) && seqLe(right, this.highest);
      if (isOurs && this.scoreboard.add(left, right)) hasNews = true;
    }
    return hasNews;
  }

  /** Three duplicates, or more than two segments held beyond the gap (RFC 6675 section 4, IsLost). */
  private get isLossEvident(): boolean {
    const { isRecovering, duplicateAcks } = this.congestion;
    if (isRecovering || this.unacknowledged === this.next) return false;
    if (this.scoreboard.isEmpty) {
      // RFC 6582 section 4.1: duplicates may be echoes of what a timeout or a recovery has sent twice.
      return duplicateAcks >= DUPLICATE_ACKS && seqLt(this.recover, this.unacknowledged);
    }
    const isLost = duplicateAcks >= DUPLICATE_ACKS || this.scoreboard.byteCount > (DUPLICATE_ACKS - 1) * this.mss;
    return isLost && seqLe(this.recover, this.unacknowledged);
  }

  private enterRecovery(nowMs: number): void {
    this.congestion.enterRecovery(seqDiff(this.highest, this.unacknowledged));
    this.recover = this.highest;
    this.retransmitAtMs = nowMs + this.rto.rtoMs;
    this.retransmitFirst(nowMs);
  }

  private retransmitFirst(nowMs: number): void {
    const seq = this.unacknowledged;
    const gapEnd = this.scoreboard.gapEnd(seq, this.dataEnd);
    const isGapKnown = gapEnd !== this.dataEnd;
    const length = Math.min(seqDiff(gapEnd, seq), isGapKnown ? this.maxPayloadBytes : this.mss);
    this.retransmitted = seqAdd(seq, Math.max(1, length));
    this.send(seq, Math.max(0, length), nowMs);
  }

  /** Bytes believed to be on their way (RFC 6675, SetPipe, with every gap below a held byte taken for lost). */
  private get inFlight(): number {
    const { congestion, scoreboard } = this;
    const sent = seqDiff(this.next, this.unacknowledged);
    if (scoreboard.isEmpty) return sent - Math.min(sent, congestion.duplicateCredit);
    if (!congestion.isRecovering) return sent - scoreboard.bytesBelow(this.next);
    const from = seqMax(this.retransmitted, this.unacknowledged);
    const again = seqDiff(from, this.unacknowledged) - scoreboard.bytesBelow(from);
    return again + Math.max(0, seqDiff(this.next, seqMax(from, scoreboard.end)));
  }

  /** Recovery with SACK: the next gap below what the peer holds. Returns whether something was sent. */
  private sendHole(nowMs: number): boolean {
    const { congestion, scoreboard } = this;
    if (!congestion.isRecovering || scoreboard.isEmpty) return false;
    const seq = scoreboard.skipHeld(seqMax(this.retransmitted, this.unacknowledged));
    if (!seqLt(seq, scoreboard.end)) return false;
    const allowed = congestion.cwnd - this.inFlight;
    if (allowed < this.mss) return false;
    const gapBytes = seqDiff(scoreboard.gapEnd(seq, scoreboard.end), seq);
    const length = Math.min(gapBytes, allowed - (allowed % this.mss), this.maxPayloadBytes);
    this.retransmitted = seqAdd(seq, length);
    this.send(seq, length, nowMs);
    return true;
  }

  /** What `next` points at: new data, or after a timeout old data that the peer does not hold. */
  private sendNext(nowMs: number): boolean {
    if (!this.scoreboard.isEmpty) this.next = this.scoreboard.skipHeld(this.next);
    const seq = this.next;
    const limit = this.scoreboard.isEmpty ? this.dataEnd : this.scoreboard.gapEnd(seq, this.dataEnd);
    const available = seqDiff(limit, seq);
    const flightBytes = this.inFlight;
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
    this.scoreboard.clear();
    this.recover = this.highest;
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
