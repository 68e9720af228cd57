/**
 * Congestion control of RFC 5681 with the recovery of RFC 6582 (NewReno) or, with SACK, of RFC 6675. The path is a
 * link in this machine's memory: what gets lost is what overruns the guest's receive ring, and there is nobody else on
 * it to be polite to, hence the generous start.
 */

/**
 * RFC 6928 begins with ten segments. The receive ring of v86's network card has 1,024 entries, so this much in
 * segments of 1,460 bytes is far from overrunning it, and it is four super segments.
 */
export const INITIAL_WINDOW_BYTES = 256 * 1024;
/** Far beyond any peer's window without overflowing arithmetic on 32 bits. */
const MAX_WINDOW_BYTES = 64 * 1024 * 1024;
/** DupThresh. */
export const DUPLICATE_ACKS = 3;

export class Congestion {
  cwnd = INITIAL_WINDOW_BYTES;
  isRecovering = false;
  duplicateAcks = 0;
  /** Bytes that duplicate ACKs without SACK say have left the network. */
  duplicateCredit = 0;
  private ssthresh = MAX_WINDOW_BYTES;
  /** Acknowledged since the window last grew in congestion avoidance. */
  private avoidanceBytes = 0;
  private mss = 1;

  setMss(mss: number): void {
    this.mss = mss;
    this.cwnd = Math.max(2 * mss, INITIAL_WINDOW_BYTES);
  }

  duplicateAck(hasSack: boolean, outstandingBytes: number): void {
    this.duplicateAcks++;
    if (!hasSack) this.duplicateCredit = Math.min(outstandingBytes, this.duplicateCredit + this.mss);
  }

  /**
   * New data was acknowledged outside recovery. Slow start grows by what was acknowledged, not by a segment per ACK
   * (RFC 3465): one ACK may stand for a super segment.
   */
  acknowledged(byteCount: number, wasLimitedByWindow: boolean): void {
    this.duplicateAcks = 0;
    this.duplicateCredit = 0;
    // RFC 9293 section 3.7.2, RFC 2861: a window that was not used has not been tested.
    if (!wasLimitedByWindow) return;
    if (this.cwnd < this.ssthresh) {
      this.cwnd = Math.min(MAX_WINDOW_BYTES, this.cwnd + byteCount);
      return;
    }
    this.avoidanceBytes += byteCount;
    if (this.avoidanceBytes < this.cwnd) return;
    this.avoidanceBytes -= this.cwnd;
    this.cwnd = Math.min(MAX_WINDOW_BYTES, this.cwnd + this.mss);
  }

  /** Part of what was outstanding when recovery began was acknowledged (RFC 6582 section 3.2, step 3). */
  partiallyAcknowledged(byteCount: number): void {
    this.duplicateCredit = Math.max(0, this.duplicateCredit - byteCount + this.mss);
  }

  enterRecovery(outstandingBytes: number): void {
    this.halve(outstandingBytes);
    this.cwnd = this.ssthresh;
    this.isRecovering = true;
  }

  leaveRecovery(): void {
    this.isRecovering = false;
    this.duplicateAcks = 0;
    this.duplicateCredit = 0;
  }

  /** RFC 5681 section 3.1, equation 4 and the loss window; ssthresh once per loss, not per repetition. */
  timedOut(outstandingBytes: number, isFirst: boolean): void {
    if (isFirst) this.halve(outstandingBytes);
    this.cwnd = this.mss;
    this.leaveRecovery();
  }

  /** RFC 5681 section 4.1: what was learnt is stale after a pause. */
  wasIdle(): void {
    this.cwnd = Math.min(this.cwnd, Math.max(2 * this.mss, INITIAL_WINDOW_BYTES));
  }

  private halve(outstandingBytes: number): void {
    this.ssthresh = Math.max(outstandingBytes >> 1, 2 * this.mss);
    this.avoidanceBytes = 0;
  }
}
