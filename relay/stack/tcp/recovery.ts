import { DUPLICATE_ACKS, type Congestion } from './congestion.ts';
import { Scoreboard } from './scoreboard.ts';
import { seqDiff, seqLe, seqLt, seqMax, type SeqNum } from './seqnum.ts';

/** Blocks of a SACK option. */
export type SackBlocks = readonly (readonly [SeqNum, SeqNum])[];

/**
 * Which bytes are lost and how many are on their way: RFC 6675 with what SACK tells, RFC 6582 without it. `from` is
 * SND.UNA in all of it.
 */
export class Recovery {
  readonly scoreboard = new Scoreboard();
  /** What must be acknowledged before another recovery may begin; while recovering, where it ends. */
  point: SeqNum;
  /** Up to where this recovery has sent again what was missing. */
  retransmitted: SeqNum;
  private readonly congestion: Congestion;

  constructor(initialSeq: SeqNum, congestion: Congestion) {
    this.point = initialSeq;
    this.retransmitted = initialSeq;
    this.congestion = congestion;
  }

  /** Takes blocks that lie within what is outstanding; the others are old, or made up. Returns whether one was news. */
  takeSack(blocks: SackBlocks, from: SeqNum, highest: SeqNum): boolean {
    let hasNews = false;
    for (const [left, right] of blocks) {
      const isOurs = seqLt(left, right) && seqLt(from, left) && seqLe(right, highest);
      if (isOurs && this.scoreboard.add(left, right)) hasNews = true;
    }
    return hasNews;
  }

  /** Three duplicates, or more than two segments held beyond the gap (RFC 6675 section 4, IsLost). */
  isLossEvident(from: SeqNum, next: SeqNum, mss: number): boolean {
    const { isRecovering, duplicateAcks } = this.congestion;
    if (isRecovering || from === next) return false;
    if (this.scoreboard.isEmpty) {
      // RFC 6582 section 4.1: duplicates may be echoes of what a timeout or a recovery has sent twice.
      return duplicateAcks >= DUPLICATE_ACKS && seqLt(this.point, from);
    }
    const isLost = duplicateAcks >= DUPLICATE_ACKS || this.scoreboard.byteCount > (DUPLICATE_ACKS - 1) * mss;
    return isLost && seqLe(this.point, from);
  }

  /** Bytes believed to be on their way (RFC 6675, SetPipe, with every gap below a held byte taken for lost). */
  inFlight(from: SeqNum, next: SeqNum): number {
    const { congestion, scoreboard } = this;
    const sent = seqDiff(next, from);
    if (scoreboard.isEmpty) return sent - Math.min(sent, congestion.duplicateCredit);
    if (!congestion.isRecovering) return sent - scoreboard.bytesBelow(next);
    const edge = seqMax(this.retransmitted, from);
    const again = seqDiff(edge, from) - scoreboard.bytesBelow(edge);
    return again + Math.max(0, seqDiff(next, seqMax(edge, scoreboard.end)));
  }

  /** The next gap below what the peer holds that has not been sent again; null when there is none. */
  nextHole(from: SeqNum): { readonly seq: SeqNum; readonly byteCount: number } | null {
    const { congestion, scoreboard } = this;
    if (!congestion.isRecovering || scoreboard.isEmpty) return null;
    const seq = scoreboard.skipHeld(seqMax(this.retransmitted, from));
    if (!seqLt(seq, scoreboard.end)) return null;
    return { seq, byteCount: seqDiff(scoreboard.gapEnd(seq, scoreboard.end), seq) };
  }

  /** RFC 2018 section 8: the peer may have thrown away what it reported. */
  timedOut(highest: SeqNum): void {
    this.scoreboard.clear();
    this.point = highest;
  }
}
