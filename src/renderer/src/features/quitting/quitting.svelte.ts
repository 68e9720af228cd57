import type { TerrariumBridge } from '../../../../shared/ipc/bridge.ts';
import type { VmId } from '../../../../shared/model/ids.ts';
import { toErr } from '../../../../shared/result.ts';
import type { MachinePool } from '../../vm/machine-pool.svelte.ts';
import type { Notices } from '../../vm/notices.ts';
import type { VmSession } from '../../vm/vm-session.svelte.ts';
import { said } from '../../text/text.svelte.ts';

/** Each suspend keeps a core busy; more at once would only hold more memory. */
const SUSPENDS_AT_ONCE = 2;
/** After this long a person may want out more than they want to wait. */
const SLOW_AFTER_MS = 20_000;

export interface QuittingVm {
  readonly id: VmId;
  readonly name: string;
  readonly progress: 'waiting' | 'suspending' | 'suspended' | { readonly failure: string };
}

type Phase = 'idle' | 'suspending' | 'failed' | 'leaving';

/** Suspends every machine before the window closes, and does not let it close over a failure unasked. */
export class QuitGuard {
  #phase: Phase = $state('idle');
  #vms: readonly QuittingVm[] = $state.raw([]);
  #isSlow = $state(false);
  readonly #bridge: TerrariumBridge;
  readonly #pool: MachinePool;
  readonly #notices: Notices;

  constructor(bridge: TerrariumBridge, pool: MachinePool, notices: Notices) {
    this.#bridge = bridge;
    this.#pool = pool;
    this.#notices = notices;
  }

  get isShown(): boolean {
    return this.#phase !== 'idle';
  }

  get hasFailed(): boolean {
    return this.#phase === 'failed';
  }

  get mayLeaveNow(): boolean {
    return this.#phase === 'failed' || (this.#phase === 'suspending' && this.#isSlow);
  }

  get vms(): readonly QuittingVm[] {
    return this.#vms;
  }

  async begin(): Promise<void> {
    if (this.#phase === 'suspending' || this.#phase === 'leaving') return;
    if (this.#pool.live.length === 0) {
      await this.leave();
      return;
    }
    this.#phase = 'suspending';
    this.#vms = [];
    this.#isSlow = false;
    const timer = setTimeout(() => (this.#isSlow = true), SLOW_AFTER_MS);
    // A VM that was about to be launched when the quitting began is live only later.
    for (let live = this.#pool.live; live.length > 0 && !this.#someFailed(); live = this.#pool.live) {
      await this.#suspendAll(live);
      // “Quit anyway” does not wait for the slow ones.
      if (this.#isLeaving()) break;
    }
    clearTimeout(timer);
    if (this.#isLeaving()) return;
    if (this.#someFailed()) this.#phase = 'failed';
    else await this.leave();
  }

  /** Tells main that the window may close, whatever is not saved. */
  async leave(): Promise<void> {
    this.#phase = 'leaving';
    const result = await this.#bridge.call('app.quitReady', undefined);
    if (result.ok) return;
    this.#notices.failure(result.error.message);
    await this.#backToWork();
  }

  async stay(): Promise<void> {
    if (this.#phase === 'failed') await this.#backToWork();
  }

  /** Main asks again at the next attempt to close only when it knows that this one is over. */
  async #backToWork(): Promise<void> {
    const result = await this.#bridge.call('app.quitCancelled', undefined);
    if (!result.ok) this.#notices.failure(result.error.message);
    this.#phase = 'idle';
  }

  async #suspendAll(sessions: readonly VmSession[]): Promise<void> {
    const ids = sessions.map((session) => session.id);
    this.#vms = [
      ...this.#vms.filter((vm) => !ids.includes(vm.id)),
      ...sessions.map(({ id, name }) => ({ id, name, progress: 'waiting' as const })),
    ];
    const queue = [...sessions];
    const worker = async (): Promise<void> => {
      for (let next = queue.shift(); next; next = queue.shift()) await this.#suspend(next);
    };
    await Promise.all(Array.from({ length: SUSPENDS_AT_ONCE }, worker));
  }

  #someFailed(): boolean {
    return this.#vms.some((vm) => typeof vm.progress === 'object');
  }

  #isLeaving(): boolean {
    return this.#phase === 'leaving';
  }

  async #suspend(session: VmSession): Promise<void> {
    this.#show(session.id, 'suspending');
    try {
      await session.suspendForQuit();
      this.#show(session.id, 'suspended');
    } catch (caught) {
      this.#show(session.id, { failure: said(toErr(caught).error.message) });
    }
  }

  #show(id: VmId, progress: QuittingVm['progress']): void {
    this.#vms = this.#vms.map((vm) => (vm.id === id ? { ...vm, progress } : vm));
  }
}
