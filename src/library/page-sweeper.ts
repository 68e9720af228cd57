/**
 * Frees in the background what removed states leave behind. One sweep at a time; however often it is asked for
 * meanwhile, one more follows.
 */
export class PageSweeper {
  private readonly sweep: () => Promise<unknown>;
  private readonly onFailure: ((cause: unknown) => void) | null;
  private running: Promise<void> | null = null;
  private isWanted = false;
  private failure: Error | null = null;

  /** @param onFailure is told what went wrong; when left out, `idle` throws it */
  constructor(sweep: () => Promise<unknown>, onFailure: ((cause: unknown) => void) | null) {
    this.sweep = sweep;
    this.onFailure = onFailure;
  }

  request(): void {
    this.isWanted = true;
    this.running ??= this.run();
  }

  /** Resolves when no sweep is under way, however the last one ended. */
  async settled(): Promise<void> {
    await this.running;
  }

  /** As {@link settled}. @throws what went wrong, once, when nobody was told */
  async idle(): Promise<void> {
    await this.settled();
    const { failure } = this;
    this.failure = null;
    if (failure) throw failure;
  }

  private async run(): Promise<void> {
    while (this.isWanted) {
      this.isWanted = false;
      try {
        await this.sweep();
      } catch (cause) {
        if (this.onFailure) this.onFailure(cause);
        else this.failure ??= cause instanceof Error ? cause : new Error(String(cause));
      }
    }
    this.running = null;
  }
}
