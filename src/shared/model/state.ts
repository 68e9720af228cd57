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

/** Who wanted a state: a person (or their program), or Terrarium by itself, before a restore or by the clock. */
export const STATE_MAKERS = ['person', 'restore', 'timer'] as const;
export type StateMaker = (typeof STATE_MAKERS)[number];

/**
 * One saved machine on disk. `full` holds RAM, devices and written files; `disk` (after a
 * power-off) only the files, and boots cold.
 */
export interface StateManifest {
  readonly id: StateId;
  readonly kind: StateKind;
  readonly content: 'full' | 'disk';
  readonly name: string;
  readonly note: string;
  readonly tags: readonly string[];
  /** Deleting it is refused until a person lifts this. */
  readonly isProtected: boolean;
  readonly madeBy: StateMaker;
  readonly vmId: VmId | null;
  readonly vmName: string;
  readonly parent: StateId | null;
  readonly createdAt: string;
  readonly config: MachineConfig;
  /** Of the container (src/machine/state-codec.ts), as if every page were stored. */
  readonly sizeBytes: number;
  /** How much of its beginning a machine needs before any memory page; 0 where that is not known. */
  readonly frontBytes: number;
  readonly data: StateData;
}

/** Where a state's bytes are (docs/formats/library.md). */
export type StateData =
  | {
      readonly layout: 'pages';
      /** What was stored for it that no state before had, compressed. */
      readonly newBytes: number;
      readonly mapBytes: number;
      readonly mapSha256: string;
    }
  /** One file, as libraries had it before they kept pages. */
  | {
      readonly layout: 'file';
      readonly pieceBytes: number;
      /** SHA-256 of each piece, in order; the last piece may be shorter. */
      readonly pieceSha256: readonly string[];
    };

/** What a terminal showed when a state was taken: text, for a thumbnail. */
export interface ScreenPreview {
  readonly columns: number;
  readonly rows: number;
  /** Rows from the top, without trailing blanks. */
  readonly lines: readonly string[];
}

/** What a person can change about a snapshot. What is left out stays. */
export interface SnapshotChanges {
  readonly name?: string;
  readonly note?: string;
  readonly tags?: readonly string[];
  readonly isProtected?: boolean;
}

/** A snapshot as the app lists it. */
export interface SnapshotSummary {
  readonly id: StateId;
  readonly name: string;
  readonly note: string;
  readonly tags: readonly string[];
  readonly isProtected: boolean;
  readonly madeBy: StateMaker;
  readonly vmId: VmId | null;
  readonly vmName: string;
  readonly imageId: ImageId;
  readonly parent: StateId | null;
  readonly createdAt: string;
  readonly memoryMib: number;
  readonly sizeBytes: number;
  /** What was stored for it that no state before it had. */
  readonly newBytes: number;
  /** Why it cannot be used, where that is known (found damaged when it was last read). */
  readonly damage: string | null;
}

/** What snapshots take on disk, all of them read for it. */
export interface LibraryUsage {
  /** Of everything in packs and page maps. */
  readonly storedBytes: number;
  /** Of all states as if each were kept whole. */
  readonly statesBytes: number;
  /** What a clean-up would free now. */
  readonly unneededBytes: number;
  readonly snapshots: readonly {
    readonly id: StateId;
    /** Freed if only this is deleted. */ readonly uniqueBytes: number;
  }[];
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
