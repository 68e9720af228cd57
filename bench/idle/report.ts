/** What e2e/bench/idle.spec.ts leaves in the file that TERRARIUM_BENCH_REPORT names. */
export type IdleReport =
  | { readonly t: 'measured'; readonly electron: string; readonly measured: readonly IdleSample[] }
  | { readonly t: 'not-started'; readonly why: string };

/** One stretch of time in which so many VMs had nothing to do. */
export interface IdleSample {
  readonly vmCount: number;
  readonly window: 'visible' | 'hidden';
  readonly processes: ProcessShares;
  /** Of the page's process, in which all machines live. */
  readonly pageMib: number;
  /** What the guests' kernels say they use, all together. */
  readonly guestsMib: number;
}

/** Shares of a core, 0 and more, of the app's processes. */
export interface ProcessShares {
  /** The page and the machines' workers. */
  readonly page: number;
  readonly main: number;
  readonly gpu: number;
  readonly others: number;
}
