/** What a mouse's wheel turns by in one notch, as Chromium gives it. */
const NOTCH_PX = 100;
const LINES_PER_NOTCH = 3;

export type WheelTurn = Pick<WheelEvent, 'deltaMode' | 'deltaY'>;

/** Makes notches of a wheel's turns: a mouse sends whole ones, a touch pad dozens of small pieces. */
export class WheelNotches {
  #rest = 0;

  /** @returns whole notches, downwards; what is left counts the next time */
  add({ deltaMode, deltaY }: WheelTurn): number {
    const perNotch = deltaMode === 0 ? NOTCH_PX : deltaMode === 1 ? LINES_PER_NOTCH : 1;
    // Whoever turns back begins anew.
    if (Math.sign(deltaY) !== Math.sign(this.#rest)) this.#rest = 0;
    this.#rest += deltaY / perNotch;
    const notches = Math.trunc(this.#rest);
    this.#rest -= notches;
    return notches;
  }
}
