import type { ImageId, StateId, VmId } from './ids.ts';

/**
 * The machine a state was taken from. v86 restores a state only into an equal machine and fails
 * with a null dereference otherwise, so every state carries this and it is compared first.
 */
export interface MachineConfig {
  readonly v86Version: string;
  readonly imageId: ImageId;
  /** SHA-256 of the image's 9p tree: the files a restored guest still reads lazily. */
  readonly fsSha256: string;
  readonly memoryMib: number;
  readonly vgaMemoryMib: number;
  readonly devices: readonly string[];
}

export type StateKind = 'base' | 'head' | 'snapshot';

/**
 * One saved machine on disk. `full` holds RAM, devices and written files; `disk` (after a
 * power-off) only the files, and boots cold.
 */
export interface StateManifest {
  readonly format: 1;
  readonly id: StateId;
  readonly kind: StateKind;
  readonly content: 'full' | 'disk';
  readonly name: string;
  readonly vmId: VmId | null;
  readonly vmName: string;
  readonly parent: StateId | null;
  readonly createdAt: string;
  readonly config: MachineConfig;
  readonly sizeBytes: number;
  readonly pieceBytes: number;
  /** SHA-256 of each piece of the state file, in order; the last piece may be shorter. */
  readonly pieceSha256: readonly string[];
}

/** A snapshot as the app lists it. */
export interface SnapshotSummary {
  readonly id: StateId;
  readonly name: string;
  readonly vmId: VmId | null;
  readonly vmName: string;
  readonly imageId: ImageId;
  readonly parent: StateId | null;
  readonly createdAt: string;
  readonly memoryMib: number;
  readonly sizeBytes: number;
  /** Why it cannot be used, where that is known (found damaged when it was last read). */
  readonly damage: string | null;
}

/** The sentence that says how two machines differ, or null when a state of one fits the other. */
export function configMismatch(state: MachineConfig, machine: MachineConfig): string | null {
  const differences: string[] = [];
  if (state.v86Version !== machine.v86Version) {
    differences.push(`it was made with emulator v86 ${state.v86Version}, this is ${machine.v86Version}`);
  }
  if (state.imageId !== machine.imageId || state.fsSha256 !== machine.fsSha256) {
    differences.push(`it belongs to image ${state.imageId}, this VM uses ${machine.imageId}`);
  }
  if (state.memoryMib !== machine.memoryMib) {
    differences.push(`it has ${state.memoryMib} MiB of memory, this VM has ${machine.memoryMib} MiB`);
  }
  if (state.vgaMemoryMib !== machine.vgaMemoryMib) {
    differences.push(`it has ${state.vgaMemoryMib} MiB of video memory, this VM has ${machine.vgaMemoryMib} MiB`);
  }
  const missing = state.devices.filter((device) => !machine.devices.includes(device));
  const extra = machine.devices.filter((device) => !state.devices.includes(device));
  if (missing.length > 0) differences.push(`it expects ${missing.join(', ')}, which this VM lacks`);
  if (extra.length > 0) differences.push(`this VM has ${extra.join(', ')}, which it lacks`);
  if (differences.length === 0) return null;
  return `This state cannot be restored here: ${differences.join('; ')}.`;
}
