import type { Library } from '../../library/library.ts';
import type { VmRecord } from '../../shared/model/vm.ts';
import { parseVmId } from '../../shared/model/ids.ts';
import type { SavedStates } from '../../shared/ipc/contract.ts';
import { unwrap } from '../../shared/result.ts';
import type { LibraryListing } from '../library-listing.ts';
import type { PageRecovery } from '../page-recovery.ts';
import type { CallHandlers } from './register.ts';

export interface RecoveryHandlerDependencies {
  readonly library: { getVm: Library['getVm']; readonly states: Pick<Library['states'], 'get'> };
  readonly listing: Pick<LibraryListing, 'list'>;
  readonly recovery: Pick<PageRecovery, 'take'>;
}

/** What the calls about crashes do. */
export function recoveryHandlers({
  library,
  listing,
  recovery,
}: RecoveryHandlerDependencies): Pick<CallHandlers, 'app.crash' | 'vm.savedStates'> {
  return {
    'app.crash': () => recovery.take(),
    'vm.savedStates': async ({ vmId }) => {
      const vm = await library.getVm(unwrap(parseVmId(vmId)));
      const headAt = vm.head === null ? null : (await library.states.get(vm.head)).createdAt;
      const { snapshots } = await listing.list();
      return savedStates(vm, headAt, snapshots);
    },
  };
}

/** @param headAt when its head was saved, null where it has none */
export function savedStates(
  vm: Pick<VmRecord, 'id' | 'imageId' | 'memoryMib'>,
  headAt: string | null,
  snapshots: readonly NonNullable<SavedStates['snapshot']>[],
): SavedStates {
  const [newest] = snapshots
    .filter(
      (snapshot) =>
        snapshot.vmId === vm.id &&
        snapshot.damage === null &&
        // What was kept before a restore is what the person left.
        snapshot.madeBy !== 'restore' &&
        snapshot.imageId === vm.imageId &&
        snapshot.memoryMib === vm.memoryMib &&
        (headAt === null || snapshot.createdAt > headAt),
    )
    .sort((a, b) => b.createdAt.localeCompare(a.createdAt));
  return { headAt, snapshot: newest ?? null };
}
