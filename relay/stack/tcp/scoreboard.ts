import { seqDiff, seqLe, seqLt, seqMax, seqMin, type SeqNum } from './seqnum.ts';

/** Ranges remembered at most; what does not fit is sent again, which is slower and right. */
const MAX_RANGES = 128;

/** What the peer says it holds beyond the first gap (RFC 2018): disjoint ranges, sorted. */
export class Scoreboard {
  private ranges: [SeqNum, SeqNum][] = [];
  private held = 0;

  get byteCount(): number {
    return this.held;
  }

  get isEmpty(): boolean {
    return this.held === 0;
  }

  /** One past the highest byte the peer holds; only when not empty. */
  get end(): SeqNum {
    return this.ranges[this.ranges.length - 1]?.[1] ?? 0;
  }

  /** Adds a block that lies between the first unacknowledged and the last sent byte. Returns whether it was news. */
  add(left: SeqNum, right: SeqNum): boolean {
    let from = left;
    let to = right;
    let start = 0;
    while (start < this.ranges.length && seqLt(this.at(start)[1], left)) start++;
    let end = start;
    let merged = 0;
    while (end < this.ranges.length && seqLe(this.at(end)[0], right)) {
      const range = this.at(end);
      from = seqMin(from, range[0]);
      to = seqMax(to, range[1]);
      merged += seqDiff(range[1], range[0]);
      end++;
    }
    const gained = seqDiff(to, from) - merged;
    if (gained === 0 || (end === start && this.ranges.length >= MAX_RANGES)) return false;
    this.ranges.splice(start, end - start, [from, to]);
    this.held += gained;
    return true;
  }

  /** Everything below `una` is acknowledged for good. */
  trim(una: SeqNum): void {
    while (this.ranges.length > 0) {
      const range = this.at(0);
      if (seqLe(una, range[0])) return;
      if (seqLt(una, range[1])) {
        this.held -= seqDiff(una, range[0]);
        range[0] = una;
        return;
      }
      this.held -= seqDiff(range[1], range[0]);
      this.ranges.shift();
    }
  }

  bytesBelow(seq: SeqNum): number {
    let sum = 0;
    for (const [left, right] of this.ranges) {
      if (seqLe(seq, left)) break;
      sum += seqDiff(seqMin(right, seq), left);
    }
    return sum;
  }

  /** The first byte from `seq` on that the peer does not hold. */
  skipHeld(seq: SeqNum): SeqNum {
    for (const [left, right] of this.ranges) {
      if (seqLt(seq, left)) return seq;
      if (seqLt(seq, right)) return right;
    }
    return seq;
  }

  /** Where the gap that contains `seq` ends: the next byte the peer holds, or `limit`. */
  gapEnd(seq: SeqNum, limit: SeqNum): SeqNum {
    for (const [left] of this.ranges) if (seqLt(seq, left)) return seqMin(left, limit);
    return limit;
  }

  /** The peer may have thrown it away again (RFC 2018 section 8), so a timeout forgets it all. */
  clear(): void {
    this.ranges = [];
    this.held = 0;
  }

  private at(index: number): [SeqNum, SeqNum] {
    const range = this.ranges[index];
    if (!range) throw new RangeError(`No SACK range ${index} of ${this.ranges.length}.`);
    return range;
  }
}
