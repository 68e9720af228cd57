export interface RelayLogEntry {
  readonly level: 'info' | 'warning';
  /** Whose network it is about; null for the relay itself. */
  readonly vmId: string | null;
  readonly message: string;
}

/** A VM that is denied a thousand times a second must not fill anybody's log. */
const LINES_MAX_PER_WINDOW = 20;
const WINDOW_MS = 1000;

/** Lets the first lines of every second through and says how many it left out. */
export class LogThrottle {
  #windowStartMs = -Infinity;
  #lines = 0;

  /** @returns the lines to write: none, the line, or the line behind a note about those left out */
  pass(message: string, nowMs: number): readonly string[] {
    if (nowMs - this.#windowStartMs < WINDOW_MS) {
      this.#lines += 1;
      return this.#lines <= LINES_MAX_PER_WINDOW ? [message] : [];
    }
    const leftOut = this.#lines - LINES_MAX_PER_WINDOW;
    this.#windowStartMs = nowMs;
    this.#lines = 1;
    return leftOut > 0 ? [`${leftOut} more lines like the ones before were left out.`, message] : [message];
  }
}
