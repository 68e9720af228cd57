import type { PlainMachine } from './runner-protocol.ts';

export type PlainCommand =
  | {
      readonly t: 'restore';
      readonly machine: PlainMachine;
      readonly wasmPath: string;
      /** Where the guest's files are fetched from; null for the disk. */
      readonly filesUrl: string | null;
    }
  | { readonly t: 'save'; readonly machine: PlainMachine; readonly wasmPath: string }
  /** A state of ours, put into a machine and written as v86 does. */
  | { readonly t: 'adopt'; readonly machine: PlainMachine; readonly wasmPath: string; readonly rawPath: string }
  | { readonly t: 'stop' }
  | { readonly t: 'run' }
  /** `save_state` of the machine as it runs; the state is thrown away. */
  | { readonly t: 'time-save' }
  | { readonly t: 'type'; readonly bytes: Uint8Array }
  /** By v86's own `create_file` and `read_file`. */
  | { readonly t: 'create-file'; readonly path: string; readonly bytes: Uint8Array }
  | { readonly t: 'read-file'; readonly path: string };

export type PlainNews =
  /** v86 is loaded; said once, before anything else. */
  | { readonly t: 'loaded' }
  | { readonly t: 'running' }
  | { readonly t: 'output'; readonly bytes: Uint8Array }
  | { readonly t: 'file'; readonly bytes: Uint8Array | null }
  | { readonly t: 'stopped' }
  | { readonly t: 'save-timed'; readonly pauseMs: number }
  | { readonly t: 'saved'; readonly sizeBytes: number };
