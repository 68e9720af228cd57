import type { Checkpoints } from '../../../shared/model/checkpoints.ts';

/** Time as a timer needs it; a test has one of its own. */
export interface Clock {
  /** Milliseconds since some moment; never goes back. */
  nowMs(): number;
  /** Calls back once. @returns what prevents that */
  after(delayMs: number, callback: () => void): () => void;
}

/** The browser's own, which nobody can set back. */
export const PAGE_CLOCK: Clock = {
  nowMs: () => performance.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

/** What the machine does, as far as the timer cares: `busy` runs, but cannot be saved just now. */
export type CheckpointPhase = 'still' | 'free' | 'busy';

const MINUTE_MS = 60_000;

/**
 * Decides when a VM is due for its next automatic snapshot: when it has run for the chosen time since the last
 * snapshot of it, whoever took that. Time in which it stands still does not count, so nothing is kept twice.
 */
export class CheckpointTimer {
  readonly #clock: Clock;
  readonly #take: () => Promise<unknown>;
  #everyMs: number | null = null;
  #phase: CheckpointPhase = 'still';
  /** How long it ran since the last snapshot, up to when it last began to run. */
  #ranMs = 0;
  #runningSinceMs: number | null = null;
  #isTaking = false;
  #cancel: (() => void) | null = null;

  /** @param take takes the snapshot and reports its own failures */
  constructor(clock: Clock, take: () => Promise<unknown>) {
    this.#clock = clock;
    this.#take = take;
  }

  /** Null turns it off. A changed interval counts what has run already. */
  set(checkpoints: Checkpoints | null): void {
    this.#everyMs = checkpoints === null ? null : checkpoints.everyMinutes * MINUTE_MS;
    this.#plan();
  }

  /** The machine does something else now. */
  enter(phase: CheckpointPhase): void {
    if (phase === this.#phase) return;
    const nowMs = this.#clock.nowMs();
    if (phase === 'still') {
      this.#ranMs += this.#runningSinceMs === null ? 0 : nowMs - this.#runningSinceMs;
      this.#runningSinceMs = null;
    } else this.#runningSinceMs ??= nowMs;
    this.#phase = phase;
    this.#plan();
  }

  /** It was saved under a name, or goes on from a snapshot: the time begins anew. */
  begin(): void {
    this.#ranMs = 0;
    if (this.#runningSinceMs !== null) this.#runningSinceMs = this.#clock.nowMs();
    this.#plan();
  }

  dispose(): void {
    this.#everyMs = null;
    this.#plan();
  }

  #plan(): void {
    this.#cancel?.();
    this.#cancel = null;
    if (this.#everyMs === null || this.#phase !== 'free' || this.#runningSinceMs === null || this.#isTaking) return;
    const ranMs = this.#ranMs + this.#clock.nowMs() - this.#runningSinceMs;
    this.#cancel = this.#clock.after(Math.max(0, this.#everyMs - ranMs), () => void this.#takeNow());
  }

  async #takeNow(): Promise<void> {
    this.#isTaking = true;
    try {
      await this.#take();
    } finally {
      this.#isTaking = false;
      // Also after a failure: what is wrong with the disk will not be better at once.
      this.begin();
    }
  }
}
