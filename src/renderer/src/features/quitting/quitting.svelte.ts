import type { TerrariumBridge } from '../../../../shared/ipc/bridge.ts';
import { toErr } from '../../../../shared/result.ts';
import type { MachinePool } from '../../vm/machine-pool.svelte.ts';
import type { Notices } from '../../vm/notices.ts';
import type { VmSession } from '../../vm/vm-session.svelte.ts';

/** Each suspend keeps a core busy; more at once would only hold more memory. */
const SUSPENDS_AT_ONCE = 2;
/** After this long a person may want out more than they want to wait. */
const SLOW_AFTER_MS = 20_000;

export interface QuittingVm {
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
    const sessions = this.#pool.live;
    if (sessions.length === 0) {
      await this.leave();
      return;
    }
    this.#phase = 'suspending';
    this.#vms = sessions.map((session) => ({ name: session.name, progress: 'waiting' }));
    this.#isSlow = false;
    const timer = setTimeout(() => (this.#isSlow = true), SLOW_AFTER_MS);
    const queue = sessions.map((session, index) => ({ session, index }));
    const worker = async (): Promise<void> => {
      for (let next = queue.shift(); next; next = queue.shift()) await this.#suspend(next.session, next.index);
    };
    await Promise.all(Array.from({ length: SUSPENDS_AT_ONCE }, worker));
    clearTimeout(timer);
    // “Quit anyway” does not wait for the slow ones.
    if (this.#isLeaving()) return;
    if (this.#vms.some((vm) => typeof vm.progress === 'object')) this.#phase = 'failed';
    else await this.leave();
  }

  /** Tells main that the window may close, whatever is not saved. */
  async leave(): Promise<void> {
    this.#phase = 'leaving';
    const result = await this.#bridge.call('app.quitReady', undefined);
    if (result.ok) return;
    this.#phase = 'idle';
    this.#notices.failure(result.error.message);
  }

  stay(): void {
    if (this.#phase === 'failed') this.#phase = 'idle';
  }

  #isLeaving(): boolean {
    return this.#phase === 'leaving';
  }

  async #suspend(session: VmSession, index: number): Promise<void> {
    this.#show(index, 'suspending');
    try {
      await session.suspendForQuit();
      this.#show(index, 'suspended');
    } catch (caught) {
      this.#show(index, { failure: toErr(caught).error.message });
    }
  }

  #show(index: number, progress: QuittingVm['progress']): void {
    this.#vms = this.#vms.map((vm, at) => (at === index ? { ...vm, progress } : vm));
  }
}
