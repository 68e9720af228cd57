import type { StateManifest } from '../../src/shared/model/state.ts';

/** One state of the lineage: in the library it was saved to, and beside it as the same bytes in one file. */
export interface LineageState {
  readonly name: string;
  readonly rawPath: string;
  readonly manifest: StateManifest;
  readonly pauseMs: number;
  /** From the wish to save until it was durable in the library. */
  readonly savedMs: number;
}
