import type { FileChanges } from '../shared/model/file-changes.ts';
import type { StateId } from '../shared/model/ids.ts';
import type { ScreenPreview, SnapshotChanges, StateKind, StateManifest } from '../shared/model/state.ts';

/** Everything about a new state but what follows from its bytes. */
export type StateDraft = Omit<StateManifest, 'sizeBytes' | 'data'> & { readonly screen: ScreenPreview | null };

/** A state being written. Exactly one of `commit` and `abort` ends it. */
export interface StateWriter {
  /** The next piece; each but the last has STATE_PIECE_BYTES. @throws FailureError `disk-full`, `io`, `bad-input` */
  write(piece: Uint8Array): Promise<void>;
  /** When this resolves the state survives a crash or power loss. Before, it does not exist. */
  commit(): Promise<StateManifest>;
  abort(): Promise<void>;
}

export interface StateListing {
  readonly states: readonly StateManifest[];
  /** States that are there but cannot be used, by id, with a sentence each. */
  readonly damaged: readonly { readonly id: string; readonly reason: string }[];
}

/** What a state is called, as far as that can be told at a glance. */
export interface StateName {
  readonly id: StateId;
  readonly kind: StateKind;
  readonly name: string;
}

/** A state as a machine loads it: an encoded plan (shared/bulk/state-plan.ts), and the blocks it speaks of, unverified. */
export interface StateLoad {
  readonly plan: Uint8Array;
  /**
   * Whole blocks of the plan, up to STATE_PIECE_BYTES of them at a time where they are that small; compared with their hashes.
   * Iterating throws a FailureError `damaged`.
   */
  readonly pieces: AsyncIterable<Uint8Array>;
}

/** A state's pages, in any order. Files stay open until it is closed. */
export interface StatePages {
  readonly pageCount: number;
  /** SHA-256 of each page, 32 bytes each; 32 zero bytes stand for a page of zeros. The last page is filled with zeros. */
  readonly hashes: Uint8Array;
  /** @throws FailureError `damaged` */
  read(page: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** What of a manifest may change. */
export type ManifestChanges = SnapshotChanges & {
  readonly kind?: StateKind;
  readonly madeBy?: StateManifest['madeBy'];
  readonly parent?: StateId | null;
};

/** What takes space and is needed by no state. */
export interface PageGarbage {
  /** Freed, or what would be. */
  readonly freedBytes: number;
  /** Sentences about what could not be judged and was left alone. */
  readonly kept: readonly string[];
}

/** What states take. */
export interface StateUsage {
  /** Of everything that is stored. */
  readonly storedBytes: number;
  readonly unneededBytes: number;
  /** What would be freed if only this state went. */
  readonly uniqueBytes: ReadonlyMap<StateId, number>;
}

export interface StateCheck {
  readonly readBytes: number;
  /** Of states that are damaged, a sentence each. */
  readonly faults: ReadonlyMap<StateId, string>;
}

/**
 * Where machine states are kept. Every implementation passes state-store.conformance.ts.
 */
export interface StateStore {
  /** Removes what a crash left unfinished, while nothing is being written. @returns how many states */
  removeUnfinished(): Promise<number>;
  create(draft: StateDraft): Promise<StateWriter>;
  list(): Promise<StateListing>;
  /** Much faster than {@link list}, and unchecked: what is damaged may be missing or wrong, so `get` what you use. */
  names(): Promise<readonly StateName[]>;
  /** @throws FailureError `not-found`, `damaged` */
  get(id: StateId): Promise<StateManifest>;
  /** What its terminal showed, where that was kept. @throws FailureError `damaged` */
  screen(id: StateId): Promise<ScreenPreview | null>;
  /** For a machine. @throws FailureError `damaged`, `not-found` */
  load(manifest: StateManifest): Promise<StateLoad>;
  /** The container's bytes, verified, in pieces of STATE_PIECE_BYTES. @throws FailureError `damaged`, `not-found` */
  read(manifest: StateManifest): AsyncIterable<Uint8Array>;
  /** @throws FailureError `damaged`, `not-found` */
  pages(manifest: StateManifest): Promise<StatePages>;
  /** What changed from the files of one state to those of another. @throws FailureError `damaged`, `not-found` */
  compareFiles(before: StateManifest, after: StateManifest): Promise<FileChanges>;
  /** Finds what no state needs, and removes it unless asked not to. Nobody may be saving meanwhile. */
  collect(options: { readonly dryRun: boolean }): Promise<PageGarbage>;
  usage(): Promise<StateUsage>;
  /** How much {@link check} reads, about. */
  storedBytes(): Promise<number>;
  /**
   * Reads everything that states need and compares it with its hashes. What is damaged is remembered: nothing new is
   * built on it. @param only a state; left out, all @param tell how many more bytes were read; throws to stop
   */
  check(only: StateManifest | null, tell: (bytes: number) => void): Promise<StateCheck>;
  update(id: StateId, changes: ManifestChanges): Promise<StateManifest>;
  /** Removes a state, damaged or not. Succeeds when it is already gone. */
  remove(id: StateId): Promise<void>;
}
