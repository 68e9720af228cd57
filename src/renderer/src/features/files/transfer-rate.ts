/** A speed over this much of the past: calm, and still true when it changes. */
const WINDOW_MS = 3000;

/** How fast a copy is now, from what was told of its progress. */
export class TransferRate {
  readonly #samples: { atMs: number; doneBytes: number }[] = [];

  take(doneBytes: number, atMs: number): void {
    this.#samples.push({ atMs, doneBytes });
    while (this.#samples.length > 2 && atMs - (this.#samples[1]?.atMs ?? atMs) > WINDOW_MS) this.#samples.shift();
  }

  /** Null until there is something to tell it from. */
  get bytesPerSecond(): number | null {
    const [first] = this.#samples;
    const last = this.#samples.at(-1);
    if (!first || !last || last.atMs <= first.atMs) return null;
    return Math.max(0, ((last.doneBytes - first.doneBytes) * 1000) / (last.atMs - first.atMs));
  }
}
