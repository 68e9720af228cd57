import { seqAdd, seqDiff, seqLe, seqLt, type SeqNum } from './seqnum.ts';

/**
 * Pieces held at most. A full window of 1 MiB in segments of 1,460 bytes is 719; a peer that sends single bytes with
 * gaps between them must not make each insertion walk further than this.
 */
export const MAX_PIECES = 1024;
/** A SACK option with four blocks is the most that fits beside nothing else (RFC 2018 section 3). */
const MAX_SACK_BLOCKS = 4;

interface Piece {
  readonly seq: SeqNum;
  readonly bytes: Uint8Array;
}

/**
 * What arrived out of order: pieces sorted by sequence number that never overlap. The caller cuts to the window, so
 * the bytes held are bounded by the window, and the pieces by MAX_PIECES.
 */
export class Reassembly {
  private pieces: Piece[] = [];
  private held = 0;
  /** Inside the piece inserted last: its block is reported first (RFC 2018 section 4). */
  private latest: SeqNum = 0;

  get byteCount(): number {
    return this.held;
  }

  get isEmpty(): boolean {
    return this.pieces.length === 0;
  }

  /**
   * Keeps what is not held yet. The bytes are copied: a view would keep the whole frame alive, perhaps a whole batch
   * of frames, and only what was lost on the way comes through here.
   */
  insert(seq: SeqNum, bytes: Uint8Array): void {
    this.latest = seq;
    const end = seqAdd(seq, bytes.length);
    let from = seq;
    let index = this.firstEndingAfter(seq);
    while (seqLt(from, end)) {
      const next = this.pieces[index];
      const gapEnd = next && seqLt(next.seq, end) ? next.seq : end;
      if (seqLt(from, gapEnd)) {
        if (this.pieces.length >= MAX_PIECES) return;
        const copy = bytes.slice(seqDiff(from, seq), seqDiff(gapEnd, seq));
        this.pieces.splice(index, 0, { seq: from, bytes: copy });
        this.held += copy.length;
        index++;
      }
      if (!next || gapEnd === end) return;
      from = seqAdd(next.seq, next.bytes.length);
      index++;
    }
  }

  /** Removes the piece that continues at `next` and returns its bytes from there; null while there is a gap. */
  take(next: SeqNum): Uint8Array | null {
    let count = 0;
    let found: Uint8Array | null = null;
    for (const piece of this.pieces) {
      if (seqLt(next, piece.seq)) break;
      count++;
      this.held -= piece.bytes.length;
      const skip = seqDiff(next, piece.seq);
      if (skip < piece.bytes.length) {
        found = skip === 0 ? piece.bytes : piece.bytes.subarray(skip);
        break;
      }
    }
    if (count > 0) this.pieces.splice(0, count);
    return found;
  }

  /** Blocks for a SACK option, the most recent first. */
  sackBlocks(): [SeqNum, SeqNum][] {
    const blocks: [SeqNum, SeqNum][] = [];
    let recent: [SeqNum, SeqNum] | null = null;
    let block: [SeqNum, SeqNum] | null = null;
    for (const { seq, bytes } of this.pieces) {
      const end = seqAdd(seq, bytes.length);
      if (block?.[1] === seq) {
        block[1] = end;
      } else {
        block = [seq, end];
        if (blocks.length < MAX_SACK_BLOCKS) blocks.push(block);
      }
      if (seqLe(seq, this.latest) && seqLt(this.latest, end)) recent = block;
    }
    if (!recent) return blocks;
    return [recent, ...blocks.filter((each) => each !== recent)].slice(0, MAX_SACK_BLOCKS);
  }

  clear(): void {
    this.pieces = [];
    this.held = 0;
  }

  private firstEndingAfter(seq: SeqNum): number {
    let low = 0;
    let high = this.pieces.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const piece = this.pieces[middle];
      if (piece && seqLe(seqAdd(piece.seq, piece.bytes.length), seq)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
