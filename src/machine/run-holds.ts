import type { Emulator } from './v86.ts';

/**
 * What holds a guest still, by reason: the user's pause, a save, a console whose viewer is behind,
 * the guest's own power-off. It runs while nothing does.
 */
export class RunHolds {
  private readonly reasons = new Set<string>();
  private settling: Promise<void> = Promise.resolve();
  private readonly emulator: () => Emulator;
  private readonly onRun: () => void;

  /** @param onRun called each time the guest goes on */
  constructor(emulator: () => Emulator, onRun: () => void = () => undefined) {
    this.emulator = emulator;
    this.onRun = onRun;
  }

  /** Whether the guest stands still, or soon will. */
  get isHeld(): boolean {
    return this.reasons.size > 0;
  }

  has(reason: string): boolean {
    return this.reasons.has(reason);
  }

  /** Resolves once the guest stands still, or goes on because the reason is gone already. */
  hold(reason: string): Promise<void> {
    this.reasons.add(reason);
    return this.settle();
  }

  release(reason: string): void {
    if (this.reasons.delete(reason) && this.reasons.size === 0) void this.settle();
  }

  /** One change at a time: v86 forgets a stop that a run overtakes, and whoever waits for it waits for ever. */
  private settle(): Promise<void> {
    this.settling = this.settling.then(async () => {
      if (this.reasons.size > 0) {
        await this.emulator().stop();
        return;
      }
      this.emulator().run();
      this.onRun();
    });
    return this.settling;
  }
}
