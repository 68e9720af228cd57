/**
 * Terrarium for Node programs: run commands in small Linux machines that live in this process, without a window.
 * docs/headless.md shows how.
 */
export { Terrarium, type TerrariumOptions } from './terrarium.ts';
export type { LaunchOptions } from './launch.ts';
export type { HeadlessMachine, CommandOptions, RunOptions, RunOutcome } from './machine.ts';
export type { MachineEnd } from './machine-end.ts';
export type { CommandInput } from './feed-input.ts';
export type { CopyOptions } from './guest-copy.ts';
export type { CopyReport } from './tree-report.ts';
export type { NetworkOption } from './network-choice.ts';
export { exitCodeOf } from './exit-code.ts';
export { CommandNotRun } from '../machine/guest-api.ts';
export type { ExecOptions, ExecProcess, ExecRequest, ExecResult, GuestStat } from '../machine/guest-api.ts';
export type { DirEntry } from '../machine/protocol.ts';
export type { ImageSummary } from '../shared/model/image.ts';
export type { NetworkSettings, ProfileName } from '../shared/model/network.ts';
export type { SnapshotSummary } from '../shared/model/state.ts';
export { FailureError, type FailureCode } from '../shared/result.ts';
