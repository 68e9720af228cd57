import { untrack } from 'svelte';
import type { TerrariumBridge } from '../../../../shared/ipc/bridge.ts';
import type { ScreenPreview } from '../../../../shared/model/state.ts';
import type { VmRecord } from '../../../../shared/model/vm.ts';
import type { VmSession } from '../../vm/vm-session.svelte.ts';

/** What a VM's thumbnail shows: its screen as it is, or as it was when the VM was last saved. */
export class VmScreen {
  #screen: ScreenPreview | null = $state.raw(null);
  #head: string | null = null;
  readonly #bridge: Pick<TerrariumBridge, 'call'>;

  constructor(bridge: Pick<TerrariumBridge, 'call'>) {
    this.#bridge = bridge;
  }

  get screen(): ScreenPreview | null {
    return this.#screen;
  }

  /** In an effect: looks again whenever the machine has said how busy it was, or the VM has changed. */
  follow(record: VmRecord, session: VmSession): void {
    const { isLive } = session;
    // A guest that did nothing has drawn nothing.
    const hasDrawn = session.load.history.length > 0 && session.load.busyFraction > 0;
    // What is written here is not what is waited for.
    untrack(() => {
      if (isLive) {
        if (this.#screen === null || hasDrawn) this.#live(session);
      } else if (this.#head !== record.head) {
        this.#head = record.head;
        void this.#saved(record);
      }
    });
  }

  #live(session: VmSession): void {
    // A machine nobody has looked at yet has no screen here; what it was saved with is shown on.
    this.#screen = session.screen() ?? this.#screen;
  }

  async #saved({ id, head }: VmRecord): Promise<void> {
    if (head === null) {
      this.#screen = null;
      return;
    }
    const result = await this.#bridge.call('vm.screen', { vmId: id });
    // A VM is as good without its picture; the one there was is of another state.
    if (this.#head === head) this.#screen = result.ok ? result.value : null;
  }
}
