import type { WriteReceipt } from '../shared/bulk/resources.ts';
import type { Mac } from '../shared/model/mac.ts';
import type { ScreenPreview, StateKind, StateMaker } from '../shared/model/state.ts';
import type { FailureCode } from '../shared/result.ts';
import type { ExecRequest, ExecResult, GuestStat } from './guest-api.ts';
import type { ScreenFrame, ScreenInput } from './screen-frame.ts';

/**
 * What a machine's worker and its client say to each other. Both are ours and start from one
 * build, so messages are typed, not parsed; bytes from the guest travel only inside `bytes`.
 */

/** Terminals 0..2 are `hvc0..hvc2`; `boot` is `ttyS0`, output only. */
export type ConsoleId = 0 | 1 | 2 | 'boot';
export const TERMINAL_IDS = [0, 1, 2] as const;
export const CONSOLE_IDS = [0, 1, 2, 'boot'] as const satisfies readonly ConsoleId[];

export interface StartOptions {
  readonly memoryMib: number;
  readonly vgaMemoryMib: number;
  readonly commandLine: string;
  readonly hasInitrd: boolean;
  /** Whether the bulk port's `state` holds a full machine, only its files, or nothing. */
  readonly state: 'full' | 'disk' | null;
  /** Terminal size to tell the guest as soon as it runs. */
  readonly columns: number;
  readonly rows: number;
  /**
   * The address the guest's network card gets once a link is there (`vmMac`), and with it a lease of its own. Left
   * out or null, nobody sets up a network in the guest.
   */
  readonly mac?: Mac | null;
  /** What the guest calls itself, a label of a host name; left out or null, what it did when it was saved. */
  readonly hostName?: string | null;
  /**
   * What the network card is connected to: the cable that `link` plugs in, or v86's own network without a relay, where
   * the guest can ask for HTTP and nobody decides what it may ask for. In a browser its requests obey the page's
   * policy. The cable unless given.
   */
  readonly network?: 'cable' | 'fetch';
}

/** Requests, each answered once: name → arguments and value. */
export interface Requests {
  start: { args: StartOptions; value: StartReport };
  pause: { args: null; value: null };
  resume: { args: null; value: null };
  /**
   * Plugs a network cable into the machine, started or not, in place of the one before: a message port that speaks as
   * `portLink` does (transferred). Null takes it out.
   */
  link: { args: { port: unknown }; value: null };
  /** Pauses for the copy of memory only, runs on, then streams the state out. */
  save: { args: SaveTarget; value: SaveReport };
  /** Folders on the way are made. Without a mode a file that is there keeps its own, a new one gets 0o644. */
  importFile: { args: { token: string; guestPath: string; mode?: number }; value: { sizeBytes: number } };
  exportFile: { args: { token: string; guestPath: string }; value: { sizeBytes: number } };
  /** Unpacks the tar archive behind the token into a folder, which is made where there is none. */
  importTree: { args: { token: string; guestPath: string }; value: { sizeBytes: number } };
  /** A folder's content as a tar archive, its entries named from `.` on. */
  exportTree: { args: { token: string; guestPath: string }; value: { sizeBytes: number } };
  stat: { args: { guestPath: string; followLinks: boolean }; value: GuestStat };
  readDir: { args: { guestPath: string }; value: readonly DirEntry[] };
  makeDir: { args: { guestPath: string; mode: number; parents: boolean }; value: null };
  remove: { args: { guestPath: string; recursive: boolean }; value: null };
  rename: { args: { from: string; to: string }; value: null };
  writeFile: { args: { guestPath: string; bytes: Uint8Array; mode: number }; value: null };
  readFile: { args: { guestPath: string; maxBytes: number }; value: Uint8Array };
  /** What the console showed before, then everything after it, each byte once. */
  attach: { args: { console: ConsoleId }; value: { history: Uint8Array } };
  detach: { args: { console: ConsoleId }; value: null };
  /** What the display shows, then what changes on it, one `screen` message at a time. In place of who looked before. */
  attachScreen: { args: null; value: null };
  detachScreen: { args: null; value: null };
  /** Resolves once the guest's agent has answered: its clock and randomness are set then. */
  agentReady: { args: { timeoutMs: number }; value: null };
  /** Resolves once the guest has its network address, from the cable that was plugged in. */
  networkReady: { args: { timeoutMs: number }; value: null };
  /** Sync, drop caches and wait until the guest is idle: before a base snapshot. */
  quiesce: { args: { timeoutMs: number }; value: null };
}
export type RequestName = keyof Requests;
export type RequestArgs<Name extends RequestName> = Requests[Name]['args'];
export type RequestValue<Name extends RequestName> = Requests[Name]['value'];

export interface SaveTarget {
  readonly kind: StateKind;
  readonly content: 'full' | 'disk';
  readonly name: string;
  /** Of a snapshot; a person unless given. */
  readonly madeBy?: StateMaker;
  /** What the terminal shows, for a thumbnail of a head or snapshot. */
  readonly screen?: ScreenPreview | null;
}

/** What must be known to create an emulator before it is known what it will run. */
export interface MachineSize {
  readonly memoryMib: number;
  readonly vgaMemoryMib: number;
}

export interface StartReport {
  /** From `start` to the first instruction. */
  readonly readyMs: number;
}

export interface SaveReport {
  readonly receipt: WriteReceipt;
  /** How long the guest stood still. */
  readonly pauseMs: number;
  readonly sizeBytes: number;
}

export interface DirEntry {
  readonly name: string;
  readonly kind: 'file' | 'directory' | 'symlink' | 'other';
  /** Permission bits, 0..0o7777. */
  readonly mode: number;
  readonly sizeBytes: number;
  /** Seconds since 1970. */
  readonly modifiedAtS: number;
}

/** What a program in the guest does, by the number its client gave it. `refused`, `ended` and `lost` are its end. */
export type ExecEvent =
  | { readonly kind: 'started' }
  | { readonly kind: 'output'; readonly stream: 'stdout' | 'stderr'; readonly bytes: Uint8Array }
  | { readonly kind: 'taken'; readonly bytes: number }
  | {
      readonly kind: 'refused';
      readonly code: FailureCode;
      readonly message: string;
      readonly exitCode: 126 | 127 | null;
    }
  | { readonly kind: 'ended'; readonly result: ExecResult }
  | { readonly kind: 'lost'; readonly code: FailureCode; readonly message: string };

/** What a client asks of a program it started. */
export type ToWorkerExec =
  /** Null is the end of the input. */
  | { readonly t: 'exec-input'; readonly exec: number; readonly bytes: Uint8Array | null }
  | { readonly t: 'exec-took'; readonly exec: number; readonly stream: 'stdout' | 'stderr'; readonly bytes: number }
  | { readonly t: 'exec-signal'; readonly exec: number; readonly signal: number }
  | { readonly t: 'exec-resize'; readonly exec: number; readonly columns: number; readonly rows: number };

export type ToWorker =
  | ToWorkerExec
  | { readonly t: 'exec'; readonly exec: number; readonly request: ExecRequest }
  | { readonly t: 'request'; readonly id: number; readonly name: RequestName; readonly args: unknown }
  /** Creates the emulator of a machine that will start from a full state of this size. Answered like a request. */
  | { readonly t: 'warm'; readonly id: number; readonly wasm: WebAssembly.Module; readonly size: MachineSize }
  | { readonly t: 'begin'; readonly bulkPort: unknown; readonly wasm: WebAssembly.Module }
  | { readonly t: 'input'; readonly console: 0 | 1 | 2; readonly bytes: Uint8Array }
  | { readonly t: 'resize'; readonly console: 0 | 1 | 2; readonly columns: number; readonly rows: number }
  | { readonly t: 'ack'; readonly console: ConsoleId; readonly bytes: number }
  | { readonly t: 'screen-input'; readonly input: ScreenInput }
  /** The frame of this number was drawn. */
  | { readonly t: 'screen-ack'; readonly number: number };

export type FromWorker =
  | { readonly t: 'reply'; readonly id: number; readonly value: unknown }
  | { readonly t: 'refuse'; readonly id: number; readonly code: FailureCode; readonly message: string }
  | { readonly t: 'output'; readonly console: ConsoleId; readonly bytes: Uint8Array }
  | { readonly t: 'exec'; readonly exec: number; readonly event: ExecEvent }
  | { readonly t: 'screen'; readonly number: number; readonly frame: ScreenFrame }
  | { readonly t: 'event'; readonly event: MachineEvent };

export type MachineEvent =
  /** The guest switched itself off or asked for a reboot. It stands still now. */
  | { readonly kind: 'power'; readonly action: 'off' | 'reboot' }
  /** Something a person should know, the machine goes on (an image file that cannot be read). */
  | { readonly kind: 'problem'; readonly message: string }
  /** The machine cannot go on. */
  | { readonly kind: 'crashed'; readonly message: string }
  /** About once a second while the machine runs. */
  | { readonly kind: 'load'; readonly busyFraction: number }
  /** While a state leaves the machine, at most ten times a second: how far that is. Equal when all has left. */
  | { readonly kind: 'saving'; readonly doneBytes: number; readonly totalBytes: number };
