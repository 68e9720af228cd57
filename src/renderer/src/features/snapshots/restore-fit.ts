import type { SnapshotSummary } from '../../../../shared/model/state.ts';
import type { VmRecord } from '../../../../shared/model/vm.ts';
import { t } from '../../text/text.svelte.ts';

/** Why a snapshot cannot be restored into a VM, as far as the page can tell; null when it fits. */
export function restoreMisfit(
  snapshot: Pick<SnapshotSummary, 'damage' | 'imageId' | 'memoryMib'>,
  vm: Pick<VmRecord, 'imageId' | 'memoryMib' | 'name'>,
): string | null {
  if (snapshot.damage !== null) return snapshot.damage;
  if (snapshot.imageId !== vm.imageId) return t('snapshots.other-image', { name: vm.name });
  if (snapshot.memoryMib !== vm.memoryMib) {
    return t('snapshots.other-memory', { own: snapshot.memoryMib, name: vm.name, memory: vm.memoryMib });
  }
  return null;
}
