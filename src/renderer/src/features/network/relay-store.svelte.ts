import type { TerrariumBridge } from '../../../../shared/ipc/bridge.ts';
import type { RelayStatus } from '../../../../shared/model/relay-status.ts';

/** How the relay is, as main last told it. */
export class RelayStore {
  #status: RelayStatus = $state.raw({ phase: 'idle', restarts: 0 });
  readonly #bridge: TerrariumBridge;

  constructor(bridge: TerrariumBridge) {
    this.#bridge = bridge;
  }

  get status(): RelayStatus {
    return this.#status;
  }

  async load(): Promise<void> {
    const result = await this.#bridge.call('relay.status', undefined);
    if (result.ok) this.take(result.value);
  }

  take(status: RelayStatus): void {
    this.#status = status;
  }
}
