import type { ScreenInput } from '../../../../machine/screen-frame.ts';

/** Where the pointer is on the picture, and how far it went since: in CSS pixels. */
export interface PointerMove {
  readonly dx: number;
  readonly dy: number;
  readonly x: number;
  readonly y: number;
}

/** Gathers what the pointer does between two frames into one movement of the guest's mouse, in the guest's pixels. */
export class PointerMoves {
  #dx = 0;
  #dy = 0;
  #last: PointerMove | null = null;

  add(move: PointerMove): void {
    this.#dx += move.dx;
    this.#dy += move.dy;
    this.#last = move;
  }

  /** @param shown the picture's size on the page; @param guest in the guest's pixels. Null when nothing was gathered */
  take(shown: { width: number; height: number }, guest: { width: number; height: number }): ScreenInput | null {
    const last = this.#last;
    if (last === null || shown.width <= 0 || shown.height <= 0) return null;
    const [exactX, exactY] = [(this.#dx * guest.width) / shown.width, (this.#dy * guest.height) / shown.height];
    const [dx, dy] = [Math.trunc(exactX), Math.trunc(exactY)];
    // What is left of a pixel counts the next time, so that slow movements are not lost.
    this.#dx = ((exactX - dx) * shown.width) / Math.max(1, guest.width);
    this.#dy = ((exactY - dy) * shown.height) / Math.max(1, guest.height);
    this.#last = null;
    return { kind: 'move', dx, dy, x: last.x / shown.width, y: last.y / shown.height };
  }
}
