import type { TerrariumBridge } from '../../../shared/ipc/bridge.ts';
import type { CallArgs, CallName, CallValue } from '../../../shared/ipc/contract.ts';
import type { Checkpoints } from '../../../shared/model/checkpoints.ts';
import type { StateId, VmId } from '../../../shared/model/ids.ts';
import type { NetworkSettings } from '../../../shared/model/network.ts';
import type { VmRecord } from '../../../shared/model/vm.ts';
import type { Result } from '../../../shared/result.ts';
import type { MachinePool } from '../vm/machine-pool.svelte.ts';
import type { LibraryStore } from './library-store.svelte.ts';
import type { Navigation } from './navigation.svelte.ts';

/** Changes to the library. Each answers once the page shows the library after the change. */
export class LibraryActions {
  readonly #bridge: TerrariumBridge;
  readonly #library: LibraryStore;
  readonly #vms: MachinePool;
  readonly #navigation: Navigation;

  constructor(bridge: TerrariumBridge, library: LibraryStore, vms: MachinePool, navigation: Navigation) {
    this.#bridge = bridge;
    this.#library = library;
    this.#vms = vms;
    this.#navigation = navigation;
  }

  createVm(args: CallArgs<'vm.create'>, launch: boolean): Promise<Result<VmRecord>> {
    return this.#added('vm.create', args, launch);
  }

  fork(snapshotId: StateId, name: string, launch: boolean): Promise<Result<VmRecord>> {
    return this.#added('snapshot.fork', { snapshotId, name }, launch);
  }

  renameVm(vmId: VmId, name: string): Promise<Result<VmRecord>> {
    return this.#changed('vm.rename', { vmId, name });
  }

  setVmNetwork(vmId: VmId, settings: NetworkSettings): Promise<Result<VmRecord>> {
    return this.#changed('vm.setNetwork', { vmId, settings });
  }

  setVmTags(vmId: VmId, tags: readonly string[]): Promise<Result<VmRecord>> {
    return this.#changed('vm.setTags', { vmId, tags: [...tags] });
  }

  /** @param snapshotId the VM as it runs now, taken for this; null for one that is stopped */
  duplicateVm(vmId: VmId, name: string, snapshotId: StateId | null): Promise<Result<VmRecord>> {
    return this.#changed('vm.duplicate', { vmId, name, snapshotId });
  }

  undeleteVm(vmId: VmId): Promise<Result<VmRecord>> {
    return this.#changed('vm.undelete', { vmId });
  }

  /** Ends the VM's machine, if it has one, and removes the VM. */
  deleteVm(vmId: VmId): Promise<Result<void>> {
    // Its terminals stay until it is gone from the library: the deletion may be refused.
    this.#vms.get(vmId)?.end();
    return this.#changed('vm.delete', { vmId });
  }

  setCheckpoints(vmId: VmId, checkpoints: Checkpoints | null): Promise<Result<VmRecord>> {
    return this.#changed('vm.setCheckpoints', { vmId, checkpoints });
  }

  updateSnapshot(snapshotId: StateId, changes: CallArgs<'snapshot.update'>['changes']): Promise<Result<void>> {
    return this.#changed('snapshot.update', { snapshotId, changes });
  }

  moveSnapshotUp(snapshotId: StateId): Promise<Result<void>> {
    return this.#changed('snapshot.moveUp', { snapshotId });
  }

  deleteSnapshot(snapshotId: StateId): Promise<Result<void>> {
    return this.#changed('snapshot.delete', { snapshotId });
  }

  async #added(
    ...[name, args, launch]:
      | [name: 'vm.create', args: CallArgs<'vm.create'>, launch: boolean]
      | [name: 'snapshot.fork', args: CallArgs<'snapshot.fork'>, launch: boolean]
  ): Promise<Result<VmRecord>> {
    const result = await this.#changed(name, args);
    if (result.ok) {
      this.#navigation.select(result.value.id);
      if (launch) void this.#vms.get(result.value.id)?.launch();
    }
    return result;
  }

  async #changed<Name extends CallName>(name: Name, args: CallArgs<Name>): Promise<Result<CallValue<Name>>> {
    const result = await this.#bridge.call(name, args);
    if (result.ok) await this.#library.load();
    return result;
  }
}
