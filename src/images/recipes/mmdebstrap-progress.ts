import { remainingMs, type WorkProgress } from '../packages/context.ts';

/** mmdebstrap installs what is essential, then the rest; the first takes longer, package for package. */
const SHARES = [0.6, 0.36] as const;
/** Each package is fetched, unpacked and set up. */
const STEPS = 3;

/** Turns what `mmdebstrap --verbose` prints, which is what apt and dpkg print, into progress for a person. */
export class MmdebstrapProgress {
  readonly #startedMs: number;
  /** Of each of the two sets, once apt has counted it. */
  readonly #packages: number[] = [];
  readonly #steps: [number, number] = [0, 0];
  #current = '';

  /** @param nowMs when it begins, in the clock of {@link at} */
  constructor(nowMs: number) {
    this.#startedMs = nowMs;
  }

  line(line: string): void {
    const counted = /^\d+ upgraded, (\d+) newly installed/.exec(line)?.[1];
    if (counted !== undefined && this.#packages.length < SHARES.length) this.#packages.push(Number(counted));
    const name = /^(?:Get:\d+ \S+ \S+ \S+ (\S+)|(?:Unpacking|Setting up) (\S+))/.exec(line);
    // Before anything was counted, apt gets its lists.
    if (name === null || this.#packages.length === 0) return;
    this.#steps[this.#packages.length === 1 ? 0 : 1] += 1;
    this.#current = (name[1] ?? name[2] ?? '').replace(/:i386$/, '');
  }

  at(nowMs: number): WorkProgress {
    const fraction = SHARES.reduce((sum, share, set) => sum + share * this.#doneOf(set), 0);
    return {
      what: 'Installing Debian packages',
      fraction,
      detail: this.#current,
      remainingMs: remainingMs(nowMs - this.#startedMs, fraction),
    };
  }

  #doneOf(set: number): number {
    // Once the next set is counted, all of this one is done.
    if (this.#packages.length > set + 1) return 1;
    const packages = this.#packages[set];
    if (packages === undefined) return 0;
    return packages === 0 ? 1 : Math.min(1, (this.#steps[set] ?? 0) / (STEPS * packages));
  }
}
