import { CONSOLE_INPUT_MAX_BYTES } from '../shared/model/limits.ts';
import { INPUT_PIECE_MAX_BYTES } from './v86.ts';

/** How soon to look again for a free guest buffer. A guest at full speed frees one within this. */
const RETRY_MS = 2;

/**
 * Input on its way to one guest console. v86 drops input for which the guest has no buffer and cuts
 * off pieces that are too long; this queue offers small pieces and only when one fits, so that a
 * paste of any size arrives whole.
 */
export class ConsoleInput {
  private readonly queue: Uint8Array[] = [];
  private queuedBytes = 0;
  private scheduled = false;
  private readonly offer: (piece: Uint8Array) => boolean;
  private readonly schedule: (afterMs: number, run: () => void) => void;

  /** @param offer gives a piece to the guest, false when it has no room for it now */
  constructor(offer: (piece: Uint8Array) => boolean, schedule: (afterMs: number, run: () => void) => void) {
    this.offer = offer;
    this.schedule = schedule;
  }

  /** @returns false when so much is waiting already that the input was refused whole */
  push(bytes: Uint8Array): boolean {
    if (this.queuedBytes + bytes.byteLength > CONSOLE_INPUT_MAX_BYTES) return false;
    for (let offset = 0; offset < bytes.byteLength; offset += INPUT_PIECE_MAX_BYTES) {
      this.queue.push(bytes.slice(offset, offset + INPUT_PIECE_MAX_BYTES));
    }
    this.queuedBytes += bytes.byteLength;
    if (!this.scheduled) this.drain();
    return true;
  }

  private drain(): void {
    this.scheduled = false;
    for (let piece = this.queue[0]; piece; piece = this.queue[0]) {
      if (!this.offer(piece)) {
        this.scheduled = true;
        this.schedule(RETRY_MS, () => this.drain());
        return;
      }
      this.queue.shift();
      this.queuedBytes -= piece.byteLength;
    }
  }
}
