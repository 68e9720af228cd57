import type { SnapshotSummary } from '../../../../shared/model/state.ts';
import type { VmRecord } from '../../../../shared/model/vm.ts';

/** Why a snapshot cannot be restored into a VM, as far as the page can tell; null when it fits. */
export function restoreMisfit(
  snapshot: Pick<SnapshotSummary, 'damage' | 'imageId' | 'memoryMib'>,
  vm: Pick<VmRecord, 'imageId' | 'memoryMib' | 'name'>,
): string | null {
  if (snapshot.damage !== null) return snapshot.damage;
  if (snapshot.imageId !== vm.imageId)
    return `It belongs to another image than ${vm.name}. Fork it into a VM of its own.`;
  if (snapshot.memoryMib !== vm.memoryMib) {
    return `It has ${snapshot.memoryMib} MiB of memory, ${vm.name} has ${vm.memoryMib} MiB. Fork it into a VM of its own.`;
  }
  return null;
}
