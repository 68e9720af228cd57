/** Counts unconfirmed bytes and lets a sender wait until there is room: backpressure for one stream. */
export class SendWindow {
  private inFlightBytes = 0;
  private waiting: (() => void) | null = null;
  private failure: Error | null = null;
  private readonly limitBytes: number;

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  /** Resolves once the bytes in flight are below the limit; rejects once {@link fail} was called. */
  async room(): Promise<void> {
    while (this.inFlightBytes >= this.limitBytes && !this.failure) {
      await new Promise<void>((resolve) => {
        this.waiting = resolve;
      });
    }
    if (this.failure) throw this.failure;
  }

  sent(bytes: number): void {
    this.inFlightBytes += bytes;
  }

  confirmed(bytes: number): void {
    this.inFlightBytes = Math.max(0, this.inFlightBytes - bytes);
    this.wake();
  }

  fail(cause: Error): void {
    this.failure ??= cause;
    this.wake();
  }

  private wake(): void {
    const wake = this.waiting;
    this.waiting = null;
    wake?.();
  }
}
