/** How long each step of a work took that only says which step it is at. */
export class StepTimes {
  private readonly spentMs = new Map<string, number>();
  private step: string | null = null;
  private sinceMs = 0;

  /** A step may be named again and again, and returned to. */
  at(step: string, nowMs: number): void {
    this.end(nowMs);
    this.step = step;
    this.sinceMs = nowMs;
  }

  end(nowMs: number): void {
    if (this.step === null) return;
    this.spentMs.set(this.step, (this.spentMs.get(this.step) ?? 0) + nowMs - this.sinceMs);
    this.step = null;
  }

  /** In the order in which the steps came first. */
  all(): ReadonlyMap<string, number> {
    return this.spentMs;
  }
}
