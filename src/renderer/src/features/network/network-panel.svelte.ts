import type { TerrariumBridge } from '../../../../shared/ipc/bridge.ts';
import type { VmId } from '../../../../shared/model/ids.ts';
import type { NetworkSettings, NetworkView } from '../../../../shared/model/network.ts';
import { err, type Result } from '../../../../shared/result.ts';
import type { LibraryActions } from '../../app/library-actions.ts';
import type { LibraryStore } from '../../app/library-store.svelte.ts';
import { t } from '../../text/text.svelte.ts';

/** A second is as fast as a person reads a table. */
const REFRESH_MS = 1000;

/** What the panel of one VM shows beyond its settings, and how it changes those. */
export class NetworkPanelModel {
  readonly #vmId: VmId;
  readonly #bridge: TerrariumBridge;
  readonly #library: LibraryStore;
  readonly #actions: LibraryActions;
  #view: NetworkView | null = $state.raw(null);
  #viewFailure: string | null = $state(null);
  /** Changes wait for each other: each begins from what the one before it left. */
  #lastChange: Promise<unknown> = Promise.resolve();

  constructor(vmId: VmId, bridge: TerrariumBridge, library: LibraryStore, actions: LibraryActions) {
    this.#vmId = vmId;
    this.#bridge = bridge;
    this.#library = library;
    this.#actions = actions;
  }

  /** Null while the VM has no network to show. */
  get view(): NetworkView | null {
    return this.#view;
  }

  /** Why the view could not be had, in a sentence. */
  get viewFailure(): string | null {
    return this.#viewFailure;
  }

  /**
   * Keeps changed settings; they apply at once.
   * @param change gives the new settings for those there are when its turn comes
   */
  change(change: (settings: NetworkSettings) => NetworkSettings): Promise<Result<unknown>> {
    const changed = this.#lastChange.then(async () => {
      const vm = this.#library.vm(this.#vmId);
      if (!vm) return err('not-found', t('network.vm-gone'));
      return this.#actions.setVmNetwork(this.#vmId, change(vm.network));
    });
    this.#lastChange = changed;
    return changed.finally(() => void this.refresh());
  }

  /** @returns null, or why capture could not be turned on or off */
  async capture(on: boolean): Promise<string | null> {
    const result = await this.#bridge.call('vm.capture', { vmId: this.#vmId, on });
    await this.refresh();
    return result.ok ? null : result.error.message;
  }

  async refresh(): Promise<void> {
    const result = await this.#bridge.call('vm.networkView', { vmId: this.#vmId });
    this.#view = result.ok ? result.value : null;
    this.#viewFailure = result.ok ? null : result.error.message;
  }

  /** Keeps the view fresh until the returned function is called. Nothing is asked while nobody can look. */
  follow(): () => void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isFollowed = true;
    const turn = async (): Promise<void> => {
      if (!document.hidden) await this.refresh();
      if (isFollowed) timer = setTimeout(() => void turn(), REFRESH_MS);
    };
    void turn();
    return () => {
      isFollowed = false;
      clearTimeout(timer);
    };
  }
}
