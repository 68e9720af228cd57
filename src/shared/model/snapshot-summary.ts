import type { SnapshotSummary, StateManifest } from './state.ts';

/** @param damage why it cannot be used, where that is known */
export function summarizeSnapshot(manifest: StateManifest, damage: string | null = null): SnapshotSummary {
  const { id, name, note, tags, isProtected, madeBy, vmId, vmName, config, parent, createdAt, sizeBytes } = manifest;
  const { imageId, memoryMib } = config;
  return {
    id,
    name,
    note,
    tags,
    isProtected,
    madeBy,
    vmId,
    vmName,
    imageId,
    parent,
    createdAt,
    memoryMib,
    sizeBytes,
    newBytes: newBytesOf(manifest),
    damage,
  };
}

/** What was stored for a state that none before it had. A state in a file of its own shares nothing. */
export function newBytesOf({ data, sizeBytes }: StateManifest): number {
  return data.layout === 'pages' ? data.newBytes : sizeBytes;
}
