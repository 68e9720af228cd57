/**
 * Longer frames get a buffer of their own. Below, making one (it is cleared, counted and collected by itself) takes
 * longer than filling it.
 */
const SHARED_FRAME_MAX_BYTES = 2048;
/** A frame keeps all of its slab alive, but only until its carrier has sent it. */
const SLAB_BYTES = 64 * 1024;
/** Checksums and copies go by 32-bit words. */
const ALIGNMENT_BYTES = 4;

/** Makes empty frames: all zero, each the caller's alone. Frames that follow each other may share a buffer. */
export class FrameMaker {
  private slab = new Uint8Array(0);
  private used = 0;

  make(byteCount: number): Uint8Array {
    if (byteCount > SHARED_FRAME_MAX_BYTES) return new Uint8Array(byteCount);
    if (this.used + byteCount > this.slab.length) {
      this.slab = new Uint8Array(SLAB_BYTES);
      this.used = 0;
    }
    const frame = this.slab.subarray(this.used, this.used + byteCount);
    this.used += (byteCount + ALIGNMENT_BYTES - 1) & -ALIGNMENT_BYTES;
    return frame;
  }
}
