import { SvelteMap } from 'svelte/reactivity';
import type { VmId } from '../../../shared/model/ids.ts';
import type { VmRecord } from '../../../shared/model/vm.ts';
import { VmSession, type SessionSurroundings } from './vm-session.svelte.ts';

/** The sessions of all VMs of the library, one each, for as long as the VM exists. */
export class MachinePool {
  readonly #sessions = new SvelteMap<VmId, VmSession>();
  readonly #around: SessionSurroundings;

  constructor(around: SessionSurroundings) {
    this.#around = around;
  }

  /**
   * Follows the library: new VMs get a session, those of deleted VMs end. A machine that runs is not ended
   * for a listing without its VM: deleting ends it first, so the VM could only not be read just then.
   */
  follow(vms: readonly VmRecord[]): void {
    const ids = vms.map((vm) => vm.id);
    for (const [id, session] of this.#sessions) {
      if (ids.includes(id) || session.isLive) continue;
      this.#sessions.delete(id);
      session.dispose();
    }
    for (const { id, checkpoints } of vms) {
      const session = this.#sessions.get(id) ?? new VmSession(id, this.#around);
      if (!this.#sessions.has(id)) this.#sessions.set(id, session);
      session.setCheckpoints(checkpoints);
    }
  }

  get(id: VmId): VmSession | undefined {
    return this.#sessions.get(id);
  }

  get all(): readonly VmSession[] {
    return [...this.#sessions.values()];
  }

  get live(): readonly VmSession[] {
    return [...this.#sessions.values()].filter((session) => session.isLive);
  }
}
