import type { Library } from '../library/library.ts';
import type { VmId } from '../shared/model/ids.ts';
import { DELETED_VM_KEPT_MS, type VmRecord } from '../shared/model/vm.ts';

export interface DeletedVmsDependencies {
  readonly library: Pick<Library, 'deleteVmForNow' | 'undeleteVm' | 'removeDeletedVms' | 'deletedVms'>;
  /** Calls back once. @returns what prevents that */
  readonly after: (delayMs: number, run: () => void) => () => void;
  /** Nobody waits for a VM to be gone for good: what goes wrong then is logged, and tried again at the next start. */
  readonly onFailure: (cause: unknown) => void;
}

/** Deletes VMs so that it can be taken back for a while, and removes them for good when that is over or the app ends. */
export class DeletedVms {
  private readonly waiting = new Map<VmId, () => void>();
  private readonly dependencies: DeletedVmsDependencies;

  constructor(dependencies: DeletedVmsDependencies) {
    this.dependencies = dependencies;
  }

  /** Takes over those that an app which ended at once has left. */
  async adopt(): Promise<void> {
    try {
      for (const { id } of await this.dependencies.library.deletedVms()) this.removeLater(id);
    } catch (cause) {
      this.dependencies.onFailure(cause);
    }
  }

  /** @throws FailureError as {@link Library.deleteVmForNow} */
  async delete(id: VmId): Promise<void> {
    await this.dependencies.library.deleteVmForNow(id);
    this.removeLater(id);
  }

  /** @throws FailureError `not-found` when its time is over */
  async undelete(id: VmId): Promise<VmRecord> {
    const record = await this.dependencies.library.undeleteVm(id);
    this.waiting.get(id)?.();
    this.waiting.delete(id);
    return record;
  }

  /** Removes all of them for good. */
  async close(): Promise<void> {
    const ids = [...this.waiting.keys()];
    for (const cancel of this.waiting.values()) cancel();
    this.waiting.clear();
    if (ids.length > 0) await this.remove(ids);
  }

  private removeLater(id: VmId): void {
    this.waiting.get(id)?.();
    const cancel = this.dependencies.after(DELETED_VM_KEPT_MS, () => {
      this.waiting.delete(id);
      void this.remove([id]);
    });
    this.waiting.set(id, cancel);
  }

  private async remove(ids: readonly VmId[]): Promise<void> {
    try {
      await this.dependencies.library.removeDeletedVms(ids);
    } catch (cause) {
      this.dependencies.onFailure(cause);
    }
  }
}
