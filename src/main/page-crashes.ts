/** Within this time a page that crashes again and again is not helped by one more start. */
export const CRASH_WINDOW_MS = 5 * 60_000;
/** A crash may be bad luck, and so may a second. */
export const RELOADS_MAX = 2;

/** Decides what follows a crash of the page: it comes back by itself, but not in a loop. */
export class PageCrashes {
  private atMs: readonly number[] = [];

  /**
   * Notes a crash.
   * @param nowMs of a clock that never goes back
   * @returns `reload` at once, or `ask` the person first
   */
  note(nowMs: number): 'reload' | 'ask' {
    this.atMs = [...this.atMs.filter((at) => nowMs - at < CRASH_WINDOW_MS), nowMs].slice(-RELOADS_MAX - 1);
    return this.atMs.length <= RELOADS_MAX ? 'reload' : 'ask';
  }
}
