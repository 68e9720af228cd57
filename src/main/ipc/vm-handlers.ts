import type { Library } from '../../library/library.ts';
import { parseImageId, parseStateId, parseVmId } from '../../shared/model/ids.ts';
import { unwrap } from '../../shared/result.ts';
import type { DeletedVms } from '../deleted-vms.ts';
import type { RunningVms } from '../running-vms.ts';
import type { CallHandlers } from './register.ts';

export interface VmHandlerDependencies {
  readonly library: Pick<Library, 'createVm' | 'renameVm' | 'duplicateVm' | 'setVmTags' | 'vmScreen'>;
  readonly running: Pick<RunningVms, 'launch' | 'close'>;
  readonly deleted: Pick<DeletedVms, 'delete' | 'undelete'>;
  /** Runs a change and tells the page what the library holds now. */
  readonly changing: <T>(change: Promise<T>) => Promise<T>;
}

type VmCalls = Pick<
  CallHandlers,
  'vm.create' | 'vm.rename' | 'vm.delete' | 'vm.undelete' | 'vm.duplicate' | 'vm.setTags' | 'vm.screen' | 'vm.launch'
>;

/** What the calls about single VMs do. */
export function vmHandlers({ library, running, deleted, changing }: VmHandlerDependencies): VmCalls {
  const idOf = (text: string) => unwrap(parseVmId(text));
  return {
    'vm.create': ({ name, imageId, memoryMib }) =>
      changing(library.createVm({ name, imageId: unwrap(parseImageId(imageId)), memoryMib })),
    'vm.rename': ({ vmId, name }) => changing(library.renameVm(idOf(vmId), name)),
    'vm.delete': async ({ vmId }) => {
      // The page has ended its machine just before; that its ports are closed may not have got here yet.
      await running.close(idOf(vmId));
      await changing(deleted.delete(idOf(vmId)));
    },
    'vm.undelete': ({ vmId }) => changing(deleted.undelete(idOf(vmId))),
    'vm.duplicate': ({ vmId, name, snapshotId }) =>
      changing(library.duplicateVm(idOf(vmId), name, snapshotId === null ? null : unwrap(parseStateId(snapshotId)))),
    'vm.setTags': ({ vmId, tags }) => changing(library.setVmTags(idOf(vmId), tags)),
    'vm.screen': ({ vmId }) => library.vmScreen(idOf(vmId)),
    'vm.launch': ({ vmId, from }) => running.launch(idOf(vmId), from),
  };
}
