import type { TerrariumBridge } from '../../../../shared/ipc/bridge.ts';
import type { PageCrash, SavedStates } from '../../../../shared/ipc/contract.ts';
import type { VmRecord } from '../../../../shared/model/vm.ts';
import type { LibraryStore } from '../../app/library-store.svelte.ts';
import type { MachinePool } from '../../vm/machine-pool.svelte.ts';
import type { VmSession } from '../../vm/vm-session.svelte.ts';
import type { Restores } from '../snapshots/restores.ts';

/** Each start keeps a core busy; more at once would only make each of them slower. */
const STARTS_AT_ONCE = 2;

type Session = Pick<VmSession, 'id' | 'name' | 'isLive' | 'launch' | 'restore'>;

export interface RecoverySurroundings {
  readonly bridge: Pick<TerrariumBridge, 'call'>;
  readonly library: Pick<LibraryStore, 'vm'>;
  readonly vms: Pick<MachinePool, 'get'>;
  readonly restores: Pick<Restores, 'restore'>;
}

/** What can be done after a crash, of the whole page before this one or of a single VM. */
export class Recovery {
  #crash: PageCrash | null = $state.raw(null);
  readonly #around: RecoverySurroundings;

  constructor(around: RecoverySurroundings) {
    this.#around = around;
  }

  /** Whether this page came in the place of one that crashed, and nobody has read that yet. */
  get pageCrashed(): boolean {
    return this.#crash !== null;
  }

  /** The VMs that ended with that page and have not been launched since. */
  get ended(): readonly VmRecord[] {
    const ended = (this.#crash?.vmIds ?? []).flatMap((id) => {
      const record = this.#around.library.vm(id);
      return record === undefined || this.#around.vms.get(id)?.isLive === true ? [] : [record];
    });
    return ended.sort((a, b) => a.name.localeCompare(b.name));
  }

  async load(): Promise<void> {
    const result = await this.#around.bridge.call('app.crash', undefined);
    // Without an answer there is nothing to offer; the VMs can be launched as ever.
    if (result.ok) this.#crash = result.value;
  }

  dismiss(): void {
    this.#crash = null;
  }

  /** Launches all that ended, each from the last that was saved of it. Failures are reported by the sessions. */
  async launchEnded(): Promise<void> {
    const queue = this.ended.flatMap(({ id }) => this.#around.vms.get(id) ?? []);
    this.dismiss();
    const starter = async (): Promise<void> => {
      for (let next = queue.shift(); next; next = queue.shift()) await this.goOn(next);
    };
    await Promise.all(Array.from({ length: STARTS_AT_ONCE }, starter));
  }

  /** What a VM can go on from; null where that cannot be told. */
  async savedStates(session: Pick<Session, 'id'>): Promise<SavedStates | null> {
    const result = await this.#around.bridge.call('vm.savedStates', { vmId: session.id });
    return result.ok ? result.value : null;
  }

  /** Brings a VM back from what was saved of it last. @returns whether it runs */
  async goOn(session: Session): Promise<boolean> {
    if (session.isLive) return true;
    const snapshot = (await this.savedStates(session))?.snapshot ?? null;
    return snapshot === null ? session.launch() : this.#around.restores.restore(session, snapshot);
  }
}
