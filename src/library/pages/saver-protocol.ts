import type { StateManifest } from '../../shared/model/state.ts';
import type { FailureCode } from '../../shared/result.ts';
import type { StateDraft } from '../state-store.ts';
import type { SaverFolders } from './page-saver.ts';

/** What the thread that writes states is started with. */
export type SaverData = SaverFolders;

/** One step of a state. `call` is answered once, by its number. */
export type ToSaver = { readonly call: number; readonly state: number } & (
  | { readonly step: 'begin'; readonly draft: StateDraft }
  | { readonly step: 'write'; readonly piece: Uint8Array }
  | { readonly step: 'commit' }
  | { readonly step: 'abort' }
);

export type FromSaver = { readonly call: number } & (
  | { readonly ok: true; readonly manifest: StateManifest | null }
  | { readonly ok: false; readonly code: FailureCode | null; readonly message: string }
);
