import { seqLe, type SeqNum } from './seqnum.ts';

/** Before the first measurement (RFC 6298 section 2.1). */
export const INITIAL_RTO_MS = 1000;
/**
 * RFC 6298 says a second; the link is this machine's memory and the peer's delayed ACK at most 40 ms with Linux, so
 * the 200 ms every current system uses are ample.
 */
export const MIN_RTO_MS = 200;
export const MAX_RTO_MS = 60_000;
/** RFC 6298 section 5.7: what to begin data with when the handshake itself needed a retransmission. */
const RTO_AFTER_LOST_SYN_MS = 3000;
/** The resolution that can be relied on: timers are driven from an event loop. */
const CLOCK_GRANULARITY_MS = 1;

/** The retransmission timeout of RFC 6298. One segment at a time is measured. */
export class RtoEstimator {
  private smoothedMs = 0;
  private variationMs = 0;
  private hasSample = false;
  /** One past the segment whose round trip is being measured; null while none is. */
  private timedEnd: SeqNum | null = null;
  private timedAtMs = 0;
  /** The timeout to use now, backed off or not. */
  rtoMs = INITIAL_RTO_MS;

  /** A measured round trip; ends a back-off. */
  sample(roundTripMs: number): void {
    const rttMs = Math.max(0, roundTripMs);
    if (this.hasSample) {
      this.variationMs = 0.75 * this.variationMs + 0.25 * Math.abs(this.smoothedMs - rttMs);
      this.smoothedMs = 0.875 * this.smoothedMs + 0.125 * rttMs;
    } else {
      this.hasSample = true;
      this.smoothedMs = rttMs;
      this.variationMs = rttMs / 2;
    }
    const rtoMs = this.smoothedMs + Math.max(CLOCK_GRANULARITY_MS, 4 * this.variationMs);
    this.rtoMs = Math.min(MAX_RTO_MS, Math.max(MIN_RTO_MS, rtoMs));
  }

  /** Something new was sent, up to `end`. */
  sent(end: SeqNum, nowMs: number): void {
    if (this.timedEnd !== null) return;
    this.timedEnd = end;
    this.timedAtMs = nowMs;
  }

  /** Something was sent again: whose ACK comes next cannot be told (Karn's rule, section 3). */
  sentAgain(): void {
    this.timedEnd = null;
  }

  acknowledged(ack: SeqNum, nowMs: number): void {
    if (this.timedEnd === null || !seqLe(this.timedEnd, ack)) return;
    this.timedEnd = null;
    this.sample(nowMs - this.timedAtMs);
  }

  /** The timer fired (section 5.5). */
  backOff(): void {
    this.timedEnd = null;
    this.rtoMs = Math.min(MAX_RTO_MS, this.rtoMs * 2);
  }

  /** The handshake is done, but its SYN had to be sent again: no sample can be taken from it. */
  synWasRetransmitted(): void {
    if (!this.hasSample) this.rtoMs = RTO_AFTER_LOST_SYN_MS;
  }
}
