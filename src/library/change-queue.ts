/**
 * Runs changes one after another, in the order they were asked for, so that what a change reads is
 * still true when it writes. A change must not wait for another one of the same queue.
 */
export class ChangeQueue {
  private last: Promise<unknown> = Promise.resolve();

  /** @returns what the change returns; it fails as the change does, and later ones run all the same */
  run<T>(change: () => Promise<T>): Promise<T> {
    const outcome = this.last.then(change);
    // Who asked for the change hears of its failure; the next one only needs to know that it is over.
    this.last = Promise.allSettled([outcome]);
    return outcome;
  }

  /** Resolves when no change is under way or waiting. */
  async idle(): Promise<void> {
    for (let last = null as unknown; last !== this.last;) {
      last = this.last;
      await this.last;
    }
  }
}
