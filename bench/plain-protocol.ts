import type { PlainMachine } from './runner-protocol.ts';

export type PlainCommand =
  | { readonly t: 'restore'; readonly machine: PlainMachine; readonly wasmPath: string }
  | { readonly t: 'save'; readonly machine: PlainMachine; readonly wasmPath: string }
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
  | { readonly t: 'saved'; readonly sizeBytes: number };
