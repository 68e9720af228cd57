/**
 * A TCP sequence number: a u32 that wraps (RFC 9293 section 3.4). Compare only numbers less than 2^31 apart, and only
 * with the functions here; every window in this stack is far smaller.
 */
export type SeqNum = number;

/** `a + byteCount`, wrapped. The count may be negative. */
export function seqAdd(a: SeqNum, byteCount: number): SeqNum {
  return (a + byteCount) >>> 0;
}

/** How far `a` is ahead of `b`; negative when it is behind. */
export function seqDiff(a: SeqNum, b: SeqNum): number {
  return (a - b) | 0;
}

export function seqLt(a: SeqNum, b: SeqNum): boolean {
  return ((a - b) | 0) < 0;
}

export function seqLe(a: SeqNum, b: SeqNum): boolean {
  return ((a - b) | 0) <= 0;
}

export function seqMax(a: SeqNum, b: SeqNum): SeqNum {
  return ((a - b) | 0) < 0 ? b : a;
}

export function seqMin(a: SeqNum, b: SeqNum): SeqNum {
  return ((a - b) | 0) < 0 ? a : b;
}
