import { cutToWidth } from './display-width.ts';
import { printable } from './printable.ts';
import { isLively } from './style.ts';

/** What is being done and how far it is. */
export interface Progress {
  readonly step: string;
  readonly detail: string;
  /** 0..1, or null while it cannot be known. */
  readonly fraction: number | null;
  readonly remainingMs: number | null;
}

/** Faster than anyone reads; slower than a terminal over a network takes lines. */
const INTERVAL_MS = 100;
/** A log shows that a long task is alive, and nothing of a short one. */
const PLAIN_INTERVAL_MS = 10_000;
const DEFAULT_COLUMNS = 80;
const CLEAR_LINE = '\r\u001b[K';

/** Progress on standard error: one line rewritten in place on a terminal, elsewhere a line now and then. */
export class ProgressLine {
  readonly #stream: Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>;
  readonly #isLively: boolean;
  readonly #now: () => number;
  #step = '';
  #shownAtMs = Number.NEGATIVE_INFINITY;
  #beganAtMs: number | null = null;
  #isShown = false;

  constructor(
    stream: Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'> = process.stderr,
    env: NodeJS.ProcessEnv = process.env,
    now: () => number = Date.now,
  ) {
    this.#stream = stream;
    this.#isLively = isLively(stream, env);
    this.#now = now;
  }

  show(progress: Progress): void {
    const isNew = progress.step !== this.#step;
    this.#step = progress.step;
    const nowMs = this.#now();
    if (!this.#isLively) {
      this.#beganAtMs ??= nowMs;
      if (nowMs - Math.max(this.#beganAtMs, this.#shownAtMs) < PLAIN_INTERVAL_MS) return;
      this.#shownAtMs = nowMs;
      this.#stream.write(`${progressText(progress)}\n`);
      return;
    }
    if (!isNew && nowMs - this.#shownAtMs < INTERVAL_MS) return;
    this.#shownAtMs = nowMs;
    this.#isShown = true;
    const columns = this.#stream.columns || DEFAULT_COLUMNS;
    // A line that wraps could not be rewritten.
    this.#stream.write(CLEAR_LINE + cutToWidth(progressText(progress), columns - 1));
  }

  /** Takes the line away, so that something else can be written. */
  clear(): void {
    if (this.#isShown) this.#stream.write(CLEAR_LINE);
    this.#isShown = false;
  }
}

/** `42 % Compiling: mm/slub.o, about 120 s left` */
export function progressText({ step, detail, fraction, remainingMs }: Progress): string {
  const percent = fraction === null ? '' : `${String(Math.round(fraction * 100)).padStart(3)} % `;
  const left = remainingMs === null ? '' : `, about ${Math.ceil(remainingMs / 1000)} s left`;
  return printable(`${percent}${step}${detail === '' ? '' : `: ${detail}`}${left}`);
}
