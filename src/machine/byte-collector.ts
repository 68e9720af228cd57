/**
 * Gathers bytes that come in pieces of any size. What it holds is never much more than the bytes: a hostile guest sends
 * them one by one, and an array of such pieces would take a hundred times as much.
 */
export class ByteCollector {
  private held = new Uint8Array(0);
  private count = 0;

  get byteLength(): number {
    return this.count;
  }

  push(bytes: Uint8Array): void {
    const needed = this.count + bytes.byteLength;
    if (needed > this.held.byteLength) {
      const grown = new Uint8Array(Math.max(needed, 2 * this.held.byteLength));
      grown.set(this.held.subarray(0, this.count));
      this.held = grown;
    }
    this.held.set(bytes, this.count);
    this.count = needed;
  }

  /** All of them, in an array that is exactly as long. The collector is empty then. */
  take(): Uint8Array<ArrayBuffer> {
    const { held, count } = this;
    this.held = new Uint8Array(0);
    this.count = 0;
    return held.byteLength === count ? held : held.slice(0, count);
  }
}
