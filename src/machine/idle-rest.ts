/**
 * The longest sleep a guest can ask of its 8254 timer is 27.46 ms (Linux's i8253 clock event counts to 0x7fff at
 * 1.193182 MHz). One that asks for nearly that has nothing due sooner; when it is due, it cannot say.
 */
const LONGEST_ASKED_MS = 26;
/** So many of those in a row, half a second, and the guest is idle. */
const IDLE_AFTER_SLEEPS = 18;
/** How late a timer of an idle guest may be. v86 itself never sleeps longer. */
const IDLE_SLEEP_MS = 100;
/** Timers of the host come by whole milliseconds, now and then one early. */
const EARLY_MS = 2;

/**
 * How long a machine sleeps between two slices of a guest that has nothing to do. v86 wakes an idle guest 36 times a
 * second because its timer counts no further, and turns hundreds of times more through the fractions of milliseconds that
 * the host's timers leave. Keys, packets and files wake it at once, however long it was to sleep.
 */
export class IdleRest {
  #longSleeps = 0;
  #wakesAtMs = 0;

  /**
   * @param beganMs when the slice began that has just ended
   * @param askedMs how long v86 would sleep; 0 or less to go on at once
   * @param isHalted whether the guest waits for an interrupt
   * @returns how long to sleep, in whole milliseconds where the guest waits
   */
  sleepMs(beganMs: number, nowMs: number, askedMs: number, isHalted: boolean): number {
    const wasWoken = beganMs < this.#wakesAtMs - EARLY_MS;
    const sleepMs = this.#choose(wasWoken, askedMs, isHalted);
    this.#wakesAtMs = nowMs + sleepMs;
    return sleepMs;
  }

  #choose(wasWoken: boolean, askedMs: number, isHalted: boolean): number {
    if (wasWoken) this.#longSleeps = 0;
    if (!isHalted || askedMs <= 0) return askedMs;
    this.#longSleeps = askedMs < LONGEST_ASKED_MS ? 0 : this.#longSleeps + 1;
    return this.#longSleeps > IDLE_AFTER_SLEEPS ? IDLE_SLEEP_MS : Math.ceil(askedMs);
  }
}
