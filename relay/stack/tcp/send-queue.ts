/** Spent chunks are dropped from the front of the array in groups, so that acknowledging stays linear. */
const COMPACT_AT = 64;
/** A far side may send single bytes: of chunks as small as this, those that wait one behind the other are joined. */
const SMALL_BYTES = 1024;
const JOINED_MAX_BYTES = 8192;

/**
 * The bytes that the peer has not acknowledged, as the chunks they were handed over in: but for small ones nothing is
 * copied until a frame is built. Positions are offsets from the first unacknowledged byte.
 */
export class SendQueue {
  private chunks: Uint8Array[] = [];
  /** Index of the first chunk that still holds unacknowledged bytes, and how many of its bytes are acknowledged. */
  private head = 0;
  private headSkip = 0;
  /** Where the last copy ended: sending goes forward, so the next one starts there. Offset of that chunk's start. */
  private cursor = 0;
  private cursorOffset = 0;
  private queued = 0;
  /** The last chunk is the front of it, when there is one. */
  private joined: Uint8Array | null = null;

  get byteCount(): number {
    return this.queued;
  }

  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    if (bytes.length >= SMALL_BYTES || !this.join(bytes)) {
      this.joined = null;
      this.chunks.push(bytes);
    }
    this.queued += bytes.length;
  }

  /** Forgets the first `byteCount` bytes. */
  acknowledge(byteCount: number): void {
    let left = Math.min(byteCount, this.queued);
    this.queued -= left;
    this.cursorOffset -= left;
    let chunk = this.chunks[this.head];
    while (chunk && left >= chunk.length - this.headSkip) {
      left -= chunk.length - this.headSkip;
      this.headSkip = 0;
      this.head++;
      chunk = this.chunks[this.head];
    }
    this.headSkip += left;
    if (this.head === this.chunks.length) {
      this.chunks = [];
      this.joined = null;
      this.head = 0;
      this.rewind();
    } else if (this.head >= COMPACT_AT && this.head * 2 >= this.chunks.length) {
      this.chunks.splice(0, this.head);
      this.cursor -= this.head;
      this.head = 0;
    } else if (this.head > 0) {
      // An acknowledged chunk must not stay alive until the next compaction.
      this.release();
    }
    if (this.cursor < this.head) this.rewind();
  }

  /** Copies `byteCount` bytes from `offset` on; the caller has checked that they are there. */
  copy(offset: number, byteCount: number, target: Uint8Array, at: number): void {
    if (offset < this.cursorOffset) this.rewind();
    let left = byteCount;
    let from = offset;
    let to = at;
    let chunk = this.chunks[this.cursor];
    while (chunk && left > 0) {
      const skip = from - this.cursorOffset;
      if (skip >= chunk.length) {
        this.cursorOffset += chunk.length;
        this.cursor++;
        chunk = this.chunks[this.cursor];
        continue;
      }
      const take = Math.min(left, chunk.length - skip);
      target.set(skip === 0 && take === chunk.length ? chunk : chunk.subarray(skip, skip + take), to);
      to += take;
      from += take;
      left -= take;
    }
  }

  clear(): void {
    this.chunks = [];
    this.joined = null;
    this.head = 0;
    this.headSkip = 0;
    this.queued = 0;
    this.rewind();
  }

  /** Puts a small chunk behind the last one, if that is small too or was joined already, and still needed. */
  private join(bytes: Uint8Array): boolean {
    const at = this.chunks.length - 1;
    const last = this.chunks[at];
    if (!last || at < this.head || last.length + bytes.length > JOINED_MAX_BYTES) return false;
    if (this.joined === null) {
      if (last.length >= SMALL_BYTES) return false;
      this.joined = new Uint8Array(JOINED_MAX_BYTES);
      this.joined.set(last);
    }
    this.joined.set(bytes, last.length);
    this.chunks[at] = this.joined.subarray(0, last.length + bytes.length);
    return true;
  }

  private rewind(): void {
    this.cursor = this.head;
    this.cursorOffset = -this.headSkip;
  }

  private release(): void {
    for (let index = this.head - 1; index >= 0 && this.chunks[index] !== SPENT; index--) this.chunks[index] = SPENT;
  }
}

const SPENT = new Uint8Array(0);
