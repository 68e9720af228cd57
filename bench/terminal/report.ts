/** What e2e/bench/terminal.spec.ts measured, in the file that TERRARIUM_BENCH_REPORT names. */
export type TerminalReport =
  | { readonly t: 'measured'; readonly electron: string; readonly runs: readonly TerminalRun[] }
  | { readonly t: 'not-started'; readonly why: string };

/** One flood through a terminal that a person looks at, and the same beside another VM they type into. */
export interface TerminalRun {
  readonly drawn: Flood;
  /** The same command, into a console of the same VM that nobody looks at: its bytes are counted by the guest and dropped. */
  readonly nullMibPerS: number;
  readonly beside: Flood;
  /** From a key in the other VM to the frame that shows its echo. */
  readonly echoMs: readonly number[];
  /** The same while nothing else runs. */
  readonly quietEchoMs: readonly number[];
}

export interface Flood {
  readonly mibPerS: number;
  /** Of the bytes the guest says it sent, those that did not arrive or were not drawn. */
  readonly lostBytes: number;
  /** Between two frames of the window. */
  readonly frameMs: readonly number[];
}
