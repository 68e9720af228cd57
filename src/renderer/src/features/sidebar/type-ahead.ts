/** A pause this long between two letters begins another word. */
const WORD_ENDS_AFTER_MS = 800;

/** Typing in a list goes to the row whose name begins so; one letter again goes to the next such row. */
export class TypeAhead {
  #typed = '';
  #lastMs = Number.NEGATIVE_INFINITY;

  /** Whether a space belongs to what is being typed. */
  isTyping(nowMs: number): boolean {
    return this.#typed !== '' && nowMs - this.#lastMs < WORD_ENDS_AFTER_MS;
  }

  /**
   * @param names of the rows, in their order @param from the row the keyboard is at, -1 for none
   * @returns the row to go to; null when no name begins so
   */
  typed(letter: string, nowMs: number, names: readonly string[], from: number): number | null {
    this.#typed = (this.isTyping(nowMs) ? this.#typed : '') + letter.toLocaleLowerCase();
    this.#lastMs = nowMs;
    const letters = Array.from(this.#typed);
    const isOneLetter = letters.every((one) => one === letters[0]);
    const wanted = isOneLetter ? (letters[0] ?? '') : this.#typed;
    // A longer word may still be the name of the row it began with.
    const first = isOneLetter ? from + 1 : Math.max(0, from);
    for (let step = 0; step < names.length; step += 1) {
      const row = (first + step) % names.length;
      if (names[row]?.toLocaleLowerCase().startsWith(wanted) === true) return row;
    }
    return null;
  }
}
