import { MAX_UNSCALED_WINDOW } from './negotiation.ts';
import { Reassembly } from './reassembly.ts';
import { seqAdd, seqDiff, seqLe, seqLt, seqMax, type SeqNum } from './seqnum.ts';

/** Far below the 500 ms of RFC 1122 section 4.2.3.2: what Linux uses at least, and MIN_RTO_MS of the peer is 200. */
export const DELAYED_ACK_MS = 40;

/**
 * The receiving half: what is acceptable, in which order it is delivered, how wide the window is and when an ACK is
 * due (RFC 9293 sections 3.4, 3.8.6.2.2 and 3.10.7.4; RFC 5681 section 4.2).
 */
export class Receiver {
  /** RCV.NXT. */
  next: SeqNum = 0;
  /** An ACK must be sent before the current event is over. */
  isAckDue = false;
  /** When a delayed ACK is due; Infinity when none is. */
  delayedAckAtMs = Infinity;
  /** The peer's FIN has been reached: nothing can follow. */
  isFinished = false;

  private readonly reassembly = new Reassembly();
  private readonly deliver: (bytes: Uint8Array) => void;
  private readonly mss: number;
  private bufferBytes: number;
  private shift = 0;
  /** The highest right edge ever announced: what lies below it was promised to be taken. */
  private rightEdge: SeqNum = 0;
  private finSeq: SeqNum | null = null;
  /** Delivered, but not yet `consumed`. */
  private unconsumed = 0;
  private unacknowledged = 0;
  /** The largest segment seen, which tells what "every second full-sized segment" means for this peer. */
  private fullSegmentBytes = 1;

  constructor(bufferBytes: number, mss: number, deliver: (bytes: Uint8Array) => void) {
    this.bufferBytes = bufferBytes;
    this.mss = mss;
    this.deliver = deliver;
  }

  get heldBytes(): number {
    return this.unconsumed + this.reassembly.byteCount;
  }

  get hasGap(): boolean {
    return !this.reassembly.isEmpty;
  }

  sackBlocks(): [SeqNum, SeqNum][] {
    return this.reassembly.sackBlocks();
  }

  /** The peer's SYN has arrived. The window of our own SYN is never scaled, so the first one is at most 64 KiB. */
  start(peerInitialSeq: SeqNum, shift: number): void {
    this.next = seqAdd(peerInitialSeq, 1);
    this.shift = shift;
    this.bufferBytes = Math.min(this.bufferBytes, MAX_UNSCALED_WINDOW << shift);
    this.rightEdge = seqAdd(this.next, this.synWindow);
  }

  get synWindow(): number {
    return Math.min(this.bufferBytes, MAX_UNSCALED_WINDOW);
  }

  /** RCV.WND in bytes. */
  get window(): number {
    return Math.max(0, seqDiff(this.rightEdge, this.next));
  }

  /**
   * The acceptability test of RFC 9293 section 3.4, with two allowances: a segment at RCV.NXT passes a closed window
   * (its text is cut off, but its ACK counts), and an empty one may lie at the very right edge, which is where a peer
   * that has filled our window acknowledges from.
   */
  isAcceptable(seq: SeqNum, length: number): boolean {
    const offset = seqDiff(seq, this.next);
    const window = this.window;
    if (length === 0) return offset >= 0 && offset <= window;
    if (window === 0) return offset === 0;
    const last = offset + length - 1;
    return (offset >= 0 && offset < window) || (last >= 0 && last < window);
  }

  /** Takes the text and the FIN of an acceptable segment. The caller looks at `isFinished` afterwards. */
  take(seq: SeqNum, payload: Uint8Array, hasFin: boolean, nowMs: number): void {
    const end = seqAdd(seq, payload.length);
    // A FIN needs no buffer, so it is taken at the right edge too.
    if (hasFin && this.finSeq === null && seqLe(this.next, end) && seqLe(end, this.rightEdge)) this.finSeq = end;
    const limit = this.finSeq ?? this.rightEdge;
    const stop = Math.min(payload.length, seqDiff(limit, seq));
    const start = Math.max(0, seqDiff(this.next, seq));
    // RFC 5681 section 4.2: at once for anything out of the ordinary, so that the sender sees duplicates.
    if (start > 0 || stop < payload.length || hasFin || !this.reassembly.isEmpty) this.isAckDue = true;
    if (seqLt(this.next, seq)) {
      this.isAckDue = true;
      if (stop > 0) this.reassembly.insert(seq, payload.subarray(0, stop));
      return;
    }
    if (stop > start) {
      const isWhole = start === 0 && stop === payload.length;
      this.accept(isWhole ? payload : payload.subarray(start, stop), nowMs);
    }
    this.drain(nowMs);
  }

  /** Keeps what came with a SYN until the connection is established (section 3.10.7.2). */
  hold(seq: SeqNum, payload: Uint8Array, hasFin: boolean): void {
    if (hasFin && payload.length <= this.synWindow) this.finSeq = seqAdd(seq, payload.length);
    if (payload.length > 0) this.reassembly.insert(seq, payload.subarray(0, this.synWindow));
  }

  /** Delivers what continues at RCV.NXT. */
  drain(nowMs: number): void {
    while (!this.reassembly.isEmpty) {
      const bytes = this.reassembly.take(this.next);
      if (!bytes) break;
      const room = this.finSeq === null ? bytes.length : Math.min(bytes.length, seqDiff(this.finSeq, this.next));
      if (room <= 0) break;
      this.isAckDue = true;
      this.accept(room === bytes.length ? bytes : bytes.subarray(0, room), nowMs);
    }
    if (this.finSeq === this.next && !this.isFinished) {
      this.next = seqAdd(this.next, 1);
      this.isFinished = true;
      this.isAckDue = true;
      this.reassembly.clear();
    }
  }

  /**
   * The owner is done with `byteCount` delivered bytes. Returns whether the peer should be told: the window has opened
   * by two segments and doubled, or by a quarter of the buffer. Every ACK that is sent anyway carries the news too.
   */
  consumed(byteCount: number): boolean {
    this.unconsumed = Math.max(0, this.unconsumed - byteCount);
    if (this.isFinished) return false;
    const growth = this.growth;
    return growth >= this.bufferBytes / 4 || (growth >= this.step && growth >= this.window);
  }

  /** The window field for a segment that is being sent; it carries the ACK that was due. */
  announce(): number {
    // Section 3.8.6.2.2: the right edge moves in steps worth a segment, and never back.
    if (this.growth >= this.step) this.rightEdge = seqAdd(this.next, this.bufferBytes - this.unconsumed);
    this.isAckDue = false;
    this.delayedAckAtMs = Infinity;
    this.unacknowledged = 0;
    return Math.min(MAX_UNSCALED_WINDOW, this.window >> this.shift);
  }

  /** Nothing will be delivered any more. */
  stop(): void {
    this.isFinished = true;
    this.isAckDue = false;
    this.delayedAckAtMs = Infinity;
    this.reassembly.clear();
  }

  private accept(bytes: Uint8Array, nowMs: number): void {
    this.next = seqAdd(this.next, bytes.length);
    this.rightEdge = seqMax(this.rightEdge, this.next);
    this.unconsumed += bytes.length;
    this.unacknowledged += bytes.length;
    if (bytes.length > this.fullSegmentBytes) this.fullSegmentBytes = Math.min(this.mss, bytes.length);
    if (this.unacknowledged >= 2 * this.fullSegmentBytes) this.isAckDue = true;
    else if (this.delayedAckAtMs === Infinity) this.delayedAckAtMs = nowMs + DELAYED_ACK_MS;
    this.deliver(bytes);
  }

  private get step(): number {
    return Math.max(1, Math.min(2 * this.mss, this.bufferBytes >> 2));
  }

  /** By how much the right edge could move. */
  private get growth(): number {
    return this.bufferBytes - this.unconsumed - seqDiff(this.rightEdge, this.next);
  }
}
