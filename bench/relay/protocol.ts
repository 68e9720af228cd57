import type { MachineParts } from '../../src/machine/node-endpoint.ts';

/** What the benchmark asks of its processes: the one with the server, and the one with the guests. */

/** The way a guest's bytes take to a port of this computer. */
export type Way =
  /** Frames to the relay, as a network card whose longest frame this is. */
  | { readonly kind: 'relay'; readonly url: string; readonly maxFrameBytes: number }
  /** Messages of this size that a server copies to a TCP socket and back: the baseline. */
  | { readonly kind: 'plain'; readonly url: string; readonly messageBytes: number };

export type Direction = 'up' | 'down';

type NoArguments = Readonly<Record<string, never>>;

export interface ServerJobs {
  /** Starts both servers. @returns the plain one's address */
  serve: { args: NoArguments; value: { plainUrl: string } };
  /** Lets that many VMs in. @returns their addresses */
  seats: { args: { count: number }; value: { urls: string[] } };
  /** After a collection of garbage, where the process was started so that it can. */
  usage: { args: NoArguments; value: ProcessUsage };
}

export interface GuestJobs {
  /** Sends or fetches so many bytes over one connection; both ends hash, and the guest compares. */
  transfer: { args: { way: Way; direction: Direction; port: number; byteCount: number }; value: { mibPerS: number } };
  /** One byte there and back, again and again over one connection. */
  echo: { args: { way: Way; port: number; rounds: number }; value: { p50Ms: number; p99Ms: number } };
  /** Opens and closes connections, so many at a time. */
  connects: { args: { way: Way; port: number; count: number; parallel: number }; value: { perS: number } };
  /** Guests that stay until `leave`. */
  gather: { args: { ways: readonly Way[] }; value: null };
  /** All of them transfer at once. @returns what each got through in the time */
  flood: {
    args: { direction: Direction; port: number; forMs: number };
    value: { byteCounts: number[]; seconds: number };
  };
  leave: { args: NoArguments; value: null };
}

export interface MachineJobs {
  /** Starts a machine from its base snapshot on a relay; both get a thread of their own. Resolves with its address. */
  start: { args: { parts: MachineParts; home: string; imageId: string }; value: { address: string } };
  /** Types a line at the guest's prompt. */
  type: { args: { line: string }; value: null };
  /** CPU time of the whole process, and the relay's thread's in it: null where the system does not tell. */
  usage: { args: NoArguments; value: { cpuMs: number; relayCpuMs: number | null } };
}

export interface ProcessUsage {
  /** User and system time since its start. */
  readonly cpuMs: number;
  readonly rssMib: number;
}

export type JobTable = Record<string, { args: object; value: unknown }>;

export interface JobRequest {
  readonly name: string;
  readonly args: object;
}

export type JobAnswer =
  { readonly t: 'done'; readonly value: unknown } | { readonly t: 'failed'; readonly message: string };
