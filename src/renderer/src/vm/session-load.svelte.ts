/** A minute: one report a second. */
export const LOAD_HISTORY_LENGTH = 60;
/** Below this a guest does nothing but keep its clock. */
const IDLE_BELOW = 0.05;

/** As fine as a chart of a few pixels shows it: what keeps a clock is nothing. */
const STEPS = 16;

/** How busy a machine is and was, for those who show it. What nobody sees is kept, but not drawn. */
export class SessionLoad {
  /** What is drawn now; the newest is last. */
  #shown: readonly number[] = $state.raw([]);
  #kept: number[] = [];
  #idleSinceMs: number;
  readonly #nowMs: () => number;
  readonly #isSeen: () => boolean;

  /** @param isSeen whether somebody may be looking at the window */
  constructor(nowMs: () => number, isSeen: () => boolean) {
    this.#nowMs = nowMs;
    this.#isSeen = isSeen;
    this.#idleSinceMs = nowMs();
  }

  /** Share of each of the last seconds the machine was busy, 0..1, the newest last. */
  get history(): readonly number[] {
    return this.#shown;
  }

  /** Share of the last second. */
  get busyFraction(): number {
    return this.#shown.at(-1) ?? 0;
  }

  /** For how long it has done nothing. */
  get idleMs(): number {
    return this.#nowMs() - this.#idleSinceMs;
  }

  /** What the machine says of itself, about once a second. */
  take(busyFraction: number): void {
    const busy = Number.isFinite(busyFraction) ? Math.min(1, Math.max(0, busyFraction)) : 0;
    if (busy >= IDLE_BELOW) this.#idleSinceMs = this.#nowMs();
    this.#kept = [
      ...this.#kept.slice(1 - LOAD_HISTORY_LENGTH),
      busy < IDLE_BELOW ? 0 : Math.ceil(busy * STEPS) / STEPS,
    ];
    if (this.#isSeen()) this.show();
  }

  /** Draws what was kept while nobody looked. */
  show(): void {
    // Most guests do nothing most of the time: a chart that would look the same is not drawn again.
    const looksTheSame = this.#kept.every((value, at) => value === (this.#shown[at] ?? this.#shown[0]));
    if (!looksTheSame || this.#shown.length === 0) this.#shown = this.#kept;
  }

  /** Somebody uses it: a key counts as much as work. */
  used(): void {
    this.#idleSinceMs = this.#nowMs();
  }

  /** The machine is gone. */
  clear(): void {
    this.#kept = [];
    this.#shown = [];
    this.#idleSinceMs = this.#nowMs();
  }
}
