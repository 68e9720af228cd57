import { FailureError } from '../shared/result.ts';

/** Those who wait for something of the guest, each with a patience of its own. */
export class Waiters {
  private waiting: (() => void)[] = [];

  /** @throws FailureError `guest-unresponsive` with that sentence when it was not done in time */
  wait(timeoutMs: number, sentence: string): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const done = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        this.waiting = this.waiting.filter((waiter) => waiter !== done);
        reject(new FailureError('guest-unresponsive', sentence));
      }, timeoutMs);
      this.waiting.push(done);
    });
  }

  done(): void {
    for (const done of this.waiting.splice(0)) done();
  }
}
