/** What e2e/bench/day.spec.ts leaves in the file that TERRARIUM_BENCH_REPORT names. */
export type DayReport =
  | {
      readonly t: 'measured';
      readonly electron: string;
      readonly rounds: number;
      readonly minutes: number;
      /**
       * After a first few rounds, when all that is loaded once is loaded; and after all. No VM is there at either. The page's
       * heap before is that of another start of the app, after as many rounds.
       */
      readonly before: AppHoldings;
      /** Half-way, with no VM either. */
      readonly noon: ProcessMemory;
      readonly after: AppHoldings;
    }
  | { readonly t: 'not-started'; readonly why: string };

/** Of a process, with all that is not on its heap. */
export interface ProcessMemory {
  readonly pageMib: number;
  readonly mainMib: number;
}

/** What the app holds on to, after its garbage was collected. */
export interface AppHoldings extends ProcessMemory {
  /** Without compiled code. */
  readonly pageHeapMib: number;
  readonly pageCodeMib: number;
  readonly pageListeners: number;
  readonly pageNodes: number;
  /** Machines' workers and those of the page itself. */
  readonly pageWorkers: number;
  /** Without compiled code. */
  readonly mainHeapMib: number;
  readonly mainCodeMib: number;
  readonly processes: number;
  /** Of main and of the processes that it has started. */
  readonly fileHandles: number;
  readonly sockets: number;
}
