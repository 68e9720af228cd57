import type { Terminal } from '@xterm/xterm';

/** xterm looks at the clock after each piece it was given; pieces of this size take it a millisecond or less. */
const PIECE_BYTES = 8 * 1024;
/**
 * What a slice should take. xterm itself would go on for 12 ms and then wait for a timer that browsers hold back for 4
 * more; a slice that ends before needs none.
 */
const SLICE_MS = 5;
const SLICE_MIN_BYTES = 2 * PIECE_BYTES;
const SLICE_MAX_BYTES = 64 * PIECE_BYTES;
/** More than this waiting, or this much in a while, is a flood; what is typed or listed never is. */
const FLOOD_BYTES = 128 * 1024;
const WHILE_MS = 200;

export interface WriterSurroundings {
  nowMs(): number;
  /** Runs something soon, after what else the page has to do: a key, a frame. */
  soon(run: () => void): void;
}

interface Waiting {
  readonly bytes: Uint8Array;
  readonly drawn: () => void;
}

/**
 * Gives a terminal what its machine prints, in slices that let the page live between them: it answers keys and draws
 * frames however much there is. Nothing is dropped; a machine that is not told of `drawn` waits.
 */
export class PacedWriter {
  readonly #terminal: Pick<Terminal, 'write'>;
  readonly #around: WriterSurroundings;
  #queue: Waiting[] = [];
  /** How much of the first in the queue has been given on. */
  #given = 0;
  #waitingBytes = 0;
  #sliceBytes = SLICE_MIN_BYTES;
  #isWriting = false;
  /** What came in this while and in the one before. */
  #whileBeganMs = -Infinity;
  #cameBytes = 0;
  #cameBeforeBytes = 0;

  constructor(terminal: Pick<Terminal, 'write'>, around: WriterSurroundings) {
    this.#terminal = terminal;
    this.#around = around;
  }

  /** Whether so much is waiting that nobody reads it as it goes by. */
  get isFlooded(): boolean {
    this.#passTime();
    return this.#waitingBytes > FLOOD_BYTES || this.#cameBytes + this.#cameBeforeBytes > FLOOD_BYTES;
  }

  /** @param drawn called once all of it is in the terminal */
  write(bytes: Uint8Array, drawn: () => void): void {
    this.#passTime();
    this.#cameBytes += bytes.byteLength;
    this.#queue.push({ bytes, drawn });
    this.#waitingBytes += bytes.byteLength;
    if (!this.#isWriting) this.#slice();
  }

  #passTime(): void {
    const nowMs = this.#around.nowMs();
    const passedMs = nowMs - this.#whileBeganMs;
    if (passedMs < WHILE_MS) return;
    this.#cameBeforeBytes = passedMs < 2 * WHILE_MS ? this.#cameBytes : 0;
    this.#cameBytes = 0;
    this.#whileBeganMs = nowMs;
  }

  #slice(): void {
    this.#isWriting = true;
    const beganMs = this.#around.nowMs();
    let left = this.#sliceBytes;
    for (let first = this.#queue[0]; first !== undefined; first = this.#queue[0]) {
      const { bytes, drawn } = first;
      const end = Math.min(bytes.byteLength, this.#given + PIECE_BYTES);
      const piece = bytes.subarray(this.#given, end);
      const isLast = end === bytes.byteLength;
      left -= piece.byteLength;
      this.#given = isLast ? 0 : end;
      if (isLast) this.#queue.shift();
      const endsSlice = left <= 0 || this.#queue.length === 0;
      this.#terminal.write(piece, () => {
        this.#waitingBytes -= piece.byteLength;
        if (isLast) drawn();
        if (endsSlice) this.#ended(beganMs, this.#sliceBytes - left);
      });
      if (endsSlice) return;
    }
    this.#isWriting = false;
  }

  #ended(beganMs: number, byteCount: number): void {
    const tookMs = this.#around.nowMs() - beganMs;
    // Small slices say nothing about how fast large ones are.
    if (byteCount >= SLICE_MIN_BYTES) {
      const fitting = (byteCount * SLICE_MS) / Math.max(1, tookMs);
      const halfway = (this.#sliceBytes + fitting) / 2;
      this.#sliceBytes = Math.min(SLICE_MAX_BYTES, Math.max(SLICE_MIN_BYTES, Math.round(halfway)));
    }
    if (this.#queue.length === 0) this.#isWriting = false;
    else this.#around.soon(() => this.#slice());
  }
}
