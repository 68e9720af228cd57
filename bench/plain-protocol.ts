import type { PlainMachine } from './runner-protocol.ts';

export type PlainCommand =
  | { readonly t: 'restore'; readonly machine: PlainMachine; readonly wasmPath: string }
  | { readonly t: 'save'; readonly machine: PlainMachine; readonly wasmPath: string }
  | { readonly t: 'type'; readonly bytes: Uint8Array };

export type PlainNews =
  /** v86 is loaded; said once, before anything else. */
  | { readonly t: 'loaded' }
  | { readonly t: 'running' }
  | { readonly t: 'output'; readonly bytes: Uint8Array }
  | { readonly t: 'saved'; readonly sizeBytes: number };
