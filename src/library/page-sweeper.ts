/**
 * Frees in the background what removed states leave behind. One sweep at a time; however often it is asked for
 * meanwhile, one more follows.
 */
export class PageSweeper {
  private readonly sweep: () => Promise<unknown>;
  private readonly onFailure: ((cause: unknown) => void) | null;
  private running: Promise<void> | null = null;
  private isWanted = false;
  private failures: unknown[] = [];

  /** @param onFailure is told what went wrong; when left out, {@link idle} throws it */
  constructor(sweep: () => Promise<unknown>, onFailure: ((cause: unknown) => void) | null) {
    this.sweep = sweep;
    this.onFailure = onFailure;
  }

  request(): void {
    this.isWanted = true;
    this.running ??= this.run();
  }

  /** Resolves when no sweep is under way. */
  async idle(): Promise<void> {
    await this.running;
    const [failure] = this.failures.splice(0);
    if (failure !== undefined) throw failure;
  }

  private async run(): Promise<void> {
    while (this.isWanted) {
      this.isWanted = false;
      try {
        await this.sweep();
      } catch (cause) {
        if (this.onFailure) this.onFailure(cause);
        else this.failures.push(cause);
      }
    }
    this.running = null;
  }
}
