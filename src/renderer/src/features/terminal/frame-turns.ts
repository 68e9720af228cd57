import type { WriterSurroundings } from './paced-writer.ts';

/**
 * Of each frame, what terminals may take together. The rest of its 16.7 ms is for drawing it and for whatever else the
 * window does; a page that takes turn after turn without a break is drawn a few times a second.
 */
const FRAME_SHARE_MS = 12;
/** No frame comes to a window that is covered or minimised. */
const FRAME_PATIENCE_MS = 50;

export interface FrameClock {
  nowMs(): number;
  /** Runs something in a turn of the page of its own, as soon as there is one. */
  turn(run: () => void): void;
  /** Runs something at the beginning of the next frame. @returns what prevents that */
  frame(run: () => void): () => void;
  after(delayMs: number, run: () => void): () => void;
}

/** Shares the page's time between all terminals that are written to and the frames between. */
export class FrameTurns implements WriterSurroundings {
  readonly #clock: FrameClock;
  readonly #waiting: (() => void)[] = [];
  #frameBeganMs = -Infinity;
  #isGoing = false;

  constructor(clock: FrameClock) {
    this.#clock = clock;
  }

  nowMs(): number {
    return this.#clock.nowMs();
  }

  /** Those who wait take turns in the order they came. */
  soon(run: () => void): void {
    this.#waiting.push(run);
    if (!this.#isGoing) this.#go();
  }

  #go(): void {
    this.#isGoing = this.#waiting.length > 0;
    if (!this.#isGoing) return;
    if (this.#clock.nowMs() - this.#frameBeganMs < FRAME_SHARE_MS) {
      this.#clock.turn(() => this.#take());
      return;
    }
    let hasBegun = false;
    const begin = (): void => {
      if (hasBegun) return;
      hasBegun = true;
      stopFrame();
      stopTimer();
      this.#frameBeganMs = this.#clock.nowMs();
      // In a turn of its own: what the frame shows is drawn first.
      this.#clock.turn(() => this.#take());
    };
    const stopFrame = this.#clock.frame(begin);
    const stopTimer = this.#clock.after(FRAME_PATIENCE_MS, begin);
  }

  #take(): void {
    this.#waiting.shift()?.();
    this.#go();
  }
}

let shared: FrameTurns | null = null;

/** The turns of this page. A message to oneself comes back sooner than any timer. */
export function pageTurns(): FrameTurns {
  shared ??= new FrameTurns(pageClock());
  return shared;
}

function pageClock(): FrameClock {
  const channel = new MessageChannel();
  const turns: (() => void)[] = [];
  channel.port1.onmessage = () => turns.shift()?.();
  return {
    nowMs: () => performance.now(),
    turn: (run) => {
      turns.push(run);
      channel.port2.postMessage(null);
    },
    frame: (run) => {
      const id = requestAnimationFrame(run);
      return () => cancelAnimationFrame(id);
    },
    after: (delayMs, run) => {
      const id = setTimeout(run, delayMs);
      return () => clearTimeout(id);
    },
  };
}
