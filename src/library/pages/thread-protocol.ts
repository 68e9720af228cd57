import type { MessagePort } from 'node:worker_threads';
import type { FileChanges } from '../../shared/model/file-changes.ts';
import type { StateManifest } from '../../shared/model/state.ts';
import type { FailureCode } from '../../shared/result.ts';
import type { PageGarbage, StateCheck, StateDraft, StateUsage } from '../state-store.ts';

/** What a thread of page work is asked. `call` is answered once, by its number. */
export type ToThread = { readonly call: number } & Question;

/** Steps of a state that is written name it by a number of the asker's. */
export type Question =
  | { readonly step: 'begin'; readonly state: number; readonly draft: StateDraft }
  | { readonly step: 'write'; readonly state: number; readonly piece: Uint8Array }
  | { readonly step: 'commit'; readonly state: number }
  | { readonly step: 'abort'; readonly state: number }
  | { readonly step: 'collect'; readonly dryRun: boolean }
  | { readonly step: 'usage' }
  | { readonly step: 'check'; readonly only: StateManifest | null }
  | { readonly step: 'compare'; readonly before: StateManifest; readonly after: StateManifest }
  /** Answered by the plan; the pieces follow over the port (piece-port.ts). */
  | { readonly step: 'load'; readonly manifest: StateManifest; readonly pieces: MessagePort }
  /** Stops the check that was asked for by this number. */
  | { readonly step: 'stop-check'; readonly checkCall: number };

export type Answer = StateManifest | PageGarbage | StateUsage | StateCheck | FileChanges | Uint8Array | null;

export type FromThread = { readonly call: number } & (
  | { readonly kind: 'answer'; readonly value: Answer }
  | { readonly kind: 'failure'; readonly code: FailureCode | null; readonly message: string }
  /** A check has read so much more. */
  | { readonly kind: 'progress'; readonly bytes: number }
);
