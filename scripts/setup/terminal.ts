import type { WorkProgress } from '../../src/images/packages/context.ts';

/** A log file or a pipe gets a line this often at most while one thing goes on. */
const PLAIN_INTERVAL_MS = 5000;
const TERMINAL_INTERVAL_MS = 100;

/** Says what a script does: one line rewritten in place on a terminal, few whole lines elsewhere. */
export class Terminal {
  readonly #stream: NodeJS.WriteStream;
  #lastMs = 0;
  #what = '';
  #lineShown = false;

  constructor(stream: NodeJS.WriteStream = process.stderr) {
    this.#stream = stream;
  }

  say(text: string): void {
    this.#clear();
    this.#stream.write(`${text}\n`);
  }

  warn(sentence: string): void {
    this.say(`Note: ${sentence}`);
  }

  readonly report = (progress: WorkProgress): void => {
    const nowMs = Date.now();
    const isNew = progress.what !== this.#what;
    const intervalMs = this.#stream.isTTY ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS;
    if (!isNew && nowMs - this.#lastMs < intervalMs) return;
    this.#what = progress.what;
    this.#lastMs = nowMs;
    const line = progressLine(progress);
    if (!this.#stream.isTTY) {
      this.#stream.write(`${line}\n`);
      return;
    }
    this.#clear();
    // A line that wraps could not be rewritten.
    this.#stream.write(line.slice(0, Math.max(20, this.#stream.columns - 1)));
    this.#lineShown = true;
  };

  #clear(): void {
    if (!this.#lineShown) return;
    this.#stream.write('\r\u001B[2K');
    this.#lineShown = false;
  }
}

/** `Compiling the guest kernel: 42 % (file 362 of about 863: mm/slub.o), about 2 min left`. */
export function progressLine({ what, fraction, detail, remainingMs }: WorkProgress): string {
  const percent = fraction === null ? '...' : `: ${Math.floor(fraction * 100)} %`;
  const left = remainingMs === null ? '' : `, about ${duration(remainingMs)} left`;
  return `${what}${percent}${detail === '' ? '' : ` (${detail})`}${left}`;
}

/** A time span in the largest unit that fits, such as `40 s` or `3 min`. */
export function duration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 100) return `${Math.round(seconds)} s`;
  return `${Math.round(seconds / 60)} min`;
}
