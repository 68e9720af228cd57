import { cleanTitle } from './terminal-title.ts';

/** A program may change its title thousands of times a second; nobody reads it more often than this. */
const TITLE_EVERY_MS = 100;
/** Between two bells that are shown or heard. A flood of them is one long ring, not a thousand. */
const BELL_EVERY_MS = 300;

export interface NewsSurroundings {
  nowMs(): number;
  after(delayMs: number, run: () => void): void;
  /** Lets the person notice the bell, as they set it. */
  ring(): void;
  /** Whether the person looks at the terminal. */
  isLookedAt(): boolean;
}

/** What a terminal has to say to those that list it: the title a program gave it, and whether its bell rang unseen. */
export class TerminalNews {
  #title = $state('');
  #hasRung = $state(false);
  #next: string | null = null;
  #rangAtMs = -Infinity;
  readonly #around: NewsSurroundings;

  constructor(around: NewsSurroundings) {
    this.#around = around;
  }

  /** What the program in it called it (OSC 0 and 2), one bounded line; empty for nothing. */
  get title(): string {
    return this.#title;
  }

  /** It rang and nobody has looked at it since. */
  get hasRung(): boolean {
    return this.#hasRung;
  }

  retitle(title: string): void {
    const isWaiting = this.#next !== null;
    this.#next = title;
    if (isWaiting) return;
    this.#around.after(TITLE_EVERY_MS, () => {
      this.#title = cleanTitle(this.#next ?? '');
      this.#next = null;
    });
  }

  bell(): void {
    const nowMs = this.#around.nowMs();
    if (nowMs - this.#rangAtMs < BELL_EVERY_MS) return;
    this.#rangAtMs = nowMs;
    if (!this.#around.isLookedAt()) this.#hasRung = true;
    this.#around.ring();
  }

  lookedAt(): void {
    this.#hasRung = false;
  }

  /** Another machine is shown. */
  reset(): void {
    this.#hasRung = false;
    this.#title = '';
    if (this.#next !== null) this.#next = '';
  }
}
