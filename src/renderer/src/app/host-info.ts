import type { TerrariumBridge } from '../../../shared/ipc/bridge.ts';
import type { Host } from '../../../shared/model/vm-budget.ts';

/** The computer the app runs on, as far as the page needs to know it. */
export class HostInfo {
  #host: Host | null = null;
  readonly #bridge: Pick<TerrariumBridge, 'call'>;

  constructor(bridge: Pick<TerrariumBridge, 'call'>) {
    this.#bridge = bridge;
  }

  /** Null until it is known. */
  get host(): Host | null {
    return this.#host;
  }

  async load(): Promise<void> {
    const result = await this.#bridge.call('app.info', undefined);
    if (result.ok) this.#host = { memoryMib: result.value.hostMemoryMib, cores: result.value.hostCores };
  }
}
