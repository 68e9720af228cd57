/** As other terminals do: a cursor that blinks for nobody has the window drawn twice a second. */
const BLINKS_FOR_MS = 10_000;

export interface CursorRestSurroundings {
  /** Runs something later. @returns what calls that off */
  after(delayMs: number, run: () => void): () => void;
  setBlinking(isBlinking: boolean): void;
}

/** Has a cursor blink while it is used, and for a while after. */
export class CursorRest {
  readonly #around: CursorRestSurroundings;
  #isWanted = false;
  #isBlinking = false;
  #stop: (() => void) | null = null;

  constructor(around: CursorRestSurroundings) {
    this.#around = around;
  }

  /** What the person set. */
  set(isWanted: boolean): void {
    this.#isWanted = isWanted;
    this.used();
  }

  /** A key was pressed, or the terminal got the keyboard. */
  used(): void {
    this.#stop?.();
    this.#stop = null;
    this.#become(this.#isWanted);
    if (!this.#isWanted) return;
    this.#stop = this.#around.after(BLINKS_FOR_MS, () => {
      this.#stop = null;
      this.#become(false);
    });
  }

  dispose(): void {
    this.#stop?.();
    this.#stop = null;
  }

  #become(isBlinking: boolean): void {
    if (this.#isBlinking === isBlinking) return;
    this.#isBlinking = isBlinking;
    this.#around.setBlinking(isBlinking);
  }
}
