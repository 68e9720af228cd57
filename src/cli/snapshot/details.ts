import type { ImageManifest } from '../../shared/model/image.ts';
import { newBytesOf } from '../../shared/model/snapshot-summary.ts';
import type { StateMaker, StateManifest } from '../../shared/model/state.ts';

/** What the command tells of a snapshot. */
export interface SnapshotDetails {
  readonly id: string;
  readonly name: string;
  readonly note: string;
  readonly tags: readonly string[];
  readonly isProtected: boolean;
  readonly madeBy: StateMaker;
  readonly imageId: string;
  /** Null when the image is gone. */
  readonly imageName: string | null;
  /** The VM it was taken of; null for a machine of the command. */
  readonly vmId: string | null;
  readonly vmName: string;
  readonly parent: string | null;
  readonly content: 'full' | 'disk';
  readonly createdAt: string;
  readonly memoryMib: number;
  readonly sizeBytes: number;
  /** What was stored for it that no state before it had. */
  readonly newBytes: number;
}

export function snapshotDetails(state: StateManifest, images: readonly ImageManifest[]): SnapshotDetails {
  const { id, name, note, tags, isProtected, madeBy, config, vmId, vmName, parent, content, createdAt } = state;
  const { imageId, memoryMib } = config;
  return {
    id,
    name,
    note,
    tags,
    isProtected,
    madeBy,
    imageId,
    imageName: images.find((image) => image.id === imageId)?.name ?? null,
    vmId,
    vmName,
    parent,
    content,
    createdAt,
    memoryMib,
    sizeBytes: state.sizeBytes,
    newBytes: newBytesOf(state),
  };
}
