import type { LineageState } from './lineage.ts';

/** Something that keeps states: our library, restic, borg. Each save and restore is one
 * process from its start to its end, unless the keeper says that it runs already. */
export interface Keeper {
  readonly name: string;
  /** A new, empty repository in a folder that is there. Not measured. */
  open(folder: string): Promise<Repository>;
}

export interface Repository {
  /** @returns how long the process took itself to be at work, where it says so */
  save(state: LineageState): Promise<number | null>;
  /** Puts a state back as a file. @returns where it is, and the time as of `save` */
  restore(state: LineageState, folder: string): Promise<{ path: string; insideMs: number | null }>;
  /** Of everything it keeps, without caches that it could make again. */
  sizeBytes(): Promise<number>;
  /** Ends what runs for it. Not measured. */
  close(): Promise<void>;
}
