import type { ImageManifest } from '../../shared/model/image.ts';
import type { StateManifest } from '../../shared/model/state.ts';

/** What the command tells of a snapshot. */
export interface SnapshotDetails {
  readonly id: string;
  readonly name: string;
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
}

export function snapshotDetails(state: StateManifest, images: readonly ImageManifest[]): SnapshotDetails {
  const { id, name, config, vmId, vmName, parent, content, createdAt, sizeBytes } = state;
  const imageName = images.find((image) => image.id === config.imageId)?.name ?? null;
  const { imageId, memoryMib } = config;
  return { id, name, imageId, imageName, vmId, vmName, parent, content, createdAt, memoryMib, sizeBytes };
}
