import type { Emulator } from './v86.ts';

/**
 * What holds a guest still, by reason: the user's pause, a save, a console whose viewer is behind,
 * the guest's own power-off. It runs while nothing does.
 */
export class RunHolds {
  private readonly reasons = new Set<string>();
  private readonly emulator: () => Emulator;

  constructor(emulator: () => Emulator) {
    this.emulator = emulator;
  }

  has(reason: string): boolean {
    return this.reasons.has(reason);
  }

  /** Resolves once the guest stands still. */
  async hold(reason: string): Promise<void> {
    this.reasons.add(reason);
    await this.emulator().stop();
  }

  release(reason: string): void {
    if (this.reasons.delete(reason) && this.reasons.size === 0) this.emulator().run();
  }
}
