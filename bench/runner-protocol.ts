import type { LineageState } from './library/lineage.ts';

/** What a benchmark asks of the process that runs machines (run-machines.ts), one job at a time. */
export interface Jobs {
  /** Our machine, started cold. */
  boot: { args: { home: string; imageId: string }; value: { promptMs: number; agentMs: number } };
  /** Our machine from a snapshot, thrown away after the echo. */
  launch: { args: LaunchJob; value: LaunchTimes };
  /** Boots the plain machine and writes its state. */
  'plain-save': { args: { machine: PlainMachine }; value: { sizeBytes: number } };
  /** Puts a state of ours into the plain machine and writes it as v86 does. */
  'plain-adopt': { args: { machine: PlainMachine; rawPath: string }; value: { sizeBytes: number } };
  /** The plain machine from that state, thrown away after the echo. */
  'plain-launch': { args: { machine: PlainMachine; prepared: boolean }; value: LaunchTimes };
  /** Our machine, just launched from its base snapshot: a command typed on its console. */
  typed: { args: { home: string; imageId: string; command: string }; value: { ms: number } };
  /** The same with v86 alone. */
  'plain-typed': { args: { machine: PlainMachine; command: string }; value: { ms: number } };
  /** Our machine, forked from its base snapshot: commands in it, and a file in and out. */
  exec: { args: { home: string; imageId: string; work: ExecWork }; value: ExecTimes };
  /** The same with v86 alone: commands are typed on its console. */
  'plain-exec': { args: { machine: PlainMachine; work: ExecWork }; value: ExecTimes };
  /** Debian machine at work, saved again and again: the lineage. */
  capture: { args: CaptureJob; value: readonly LineageState[] };
  /** One guest in both machines, saved in turns while it works: how long it stands still each time. */
  pauses: { args: PausesJob; value: { oursMs: readonly number[]; plainMs: readonly number[] } };
  /** Launches a machine, leaves it alone and measures in each of the windows, given from the launch on. */
  idle: {
    args: { windows: readonly IdleWindow[]; who: IdleMachine };
    value: { cpuPercents: readonly number[]; rssMib: number };
  };
}
export type JobName = keyof Jobs;
export type Job = { [Name in JobName]: { readonly kind: Name } & Readonly<Jobs[Name]['args']> }[JobName];
export type JobValue<Name extends JobName> = Jobs[Name]['value'];

export interface LaunchJob {
  readonly home: string;
  readonly imageId: string;
  readonly prepared: boolean;
  /** Null for the image's base snapshot. */
  readonly stateId: string | null;
}

export interface CaptureJob {
  /** A library that holds the image; the states go there, too. */
  readonly home: string;
  readonly imageId: string;
  /** Where each state is kept as one file. */
  readonly rawFolder: string;
  /** Files of Debian packages for the guest, in the order in which they can be installed. */
  readonly packages: readonly string[];
}

export interface PausesJob {
  readonly home: string;
  readonly imageId: string;
  readonly stateId: string;
  /** The same guest's. */
  readonly machine: PlainMachine;
  readonly rounds: number;
}

export interface ExecWork {
  readonly rounds: number;
  /** A file that is there, to be copied in. */
  readonly inputPath: string;
  /** Where it is to be copied out to. */
  readonly outputPath: string;
}

export interface ExecTimes {
  /** From the wish to fork to the first byte that a command printed. */
  readonly forkToByteMs: number;
  /** Of `true`, one after another, in a machine that was just forked: the emulator still compiles what the guest runs. */
  readonly freshCommandMs: readonly number[];
  /** And then. */
  readonly commandMs: readonly number[];
  /** From a typed character to its echo on the console. */
  readonly echoMs: readonly number[];
  readonly importMs: number;
  readonly exportMs: number;
}

export interface IdleWindow {
  readonly fromMs: number;
  readonly toMs: number;
}

export type IdleMachine =
  | { readonly kind: 'ours'; readonly home: string; readonly imageId: string }
  | { readonly kind: 'plain'; readonly machine: PlainMachine };

export interface LaunchTimes {
  /** From the wish to launch to the echo of a typed character. */
  readonly echoMs: number;
  /** From the same moment to the first instruction of the restored guest. */
  readonly runningMs: number;
}

/** A machine as files, for v86 alone. All paths absolute. */
export interface PlainMachine {
  /** As ours have one. Without, v86 has less to restore and to save. */
  readonly hasNetworkCard: boolean;
  readonly memoryMib: number;
  readonly commandLine: string;
  readonly biosPath: string;
  readonly vgaBiosPath: string;
  readonly kernelPath: string;
  readonly initrdPath: string | null;
  readonly fsJsonPath: string;
  readonly filesFolder: string;
  readonly statePath: string;
}

/** Paths the runner is told when it starts. */
export interface RunnerParts {
  /** Our machine's worker, as scripts/test-home.ts bundles it. */
  readonly workerPath: string;
  readonly wasmPath: string;
  readonly plainWorkerPath: string;
}

export type RunnerRequest =
  { readonly t: 'parts'; readonly parts: RunnerParts } | { readonly t: 'job'; readonly job: Job };
export type RunnerAnswer =
  { readonly t: 'done'; readonly value: unknown } | { readonly t: 'failed'; readonly message: string };
