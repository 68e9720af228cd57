import type { SnapshotSummary, StateManifest } from '../shared/model/state.ts';

export function summarizeSnapshot(manifest: StateManifest): SnapshotSummary {
  const { id, name, vmId, vmName, config, parent, createdAt, sizeBytes } = manifest;
  const { imageId, memoryMib } = config;
  return { id, name, vmId, vmName, imageId, parent, createdAt, memoryMib, sizeBytes, damage: null };
}
