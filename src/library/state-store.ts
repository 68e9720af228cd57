import type { StateId } from '../shared/model/ids.ts';
import type { StateKind, StateManifest } from '../shared/model/state.ts';

/** Everything about a new state but what follows from its bytes. */
export type StateDraft = Omit<StateManifest, 'format' | 'sizeBytes' | 'pieceBytes' | 'pieceSha256'>;

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

/**
 * Where machine states are kept. Every implementation passes state-store.conformance.ts; a
 * deduplicating one will replace the file layout behind this.
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
  /** The state's bytes, unverified: the reader compares each piece with `pieceSha256`. @throws FailureError */
  read(manifest: StateManifest): AsyncIterable<Uint8Array>;
  rename(id: StateId, name: string): Promise<StateManifest>;
  /** Removes a state, damaged or not. Succeeds when it is already gone. */
  remove(id: StateId): Promise<void>;
}
