import type { TerrariumBridge } from '../../../shared/ipc/bridge.ts';
import type { LibrarySnapshot } from '../../../shared/ipc/contract.ts';
import type { ImageId, StateId, VmId } from '../../../shared/model/ids.ts';
import type { ImageSummary } from '../../../shared/model/image.ts';
import type { SnapshotSummary } from '../../../shared/model/state.ts';
import type { VmRecord } from '../../../shared/model/vm.ts';

const EMPTY: LibrarySnapshot = { vms: [], snapshots: [], images: [], problems: [] };

/** What the library holds, as main last told it. */
export class LibraryStore {
  #content: LibrarySnapshot = $state.raw(EMPTY);
  #loading: 'loading' | 'loaded' | { readonly message: string } = $state.raw('loading');
  readonly vms = $derived([...this.#content.vms].sort((a, b) => a.createdAt.localeCompare(b.createdAt)));
  /** Newest first. */
  readonly snapshots = $derived([...this.#content.snapshots].sort((a, b) => b.createdAt.localeCompare(a.createdAt)));
  readonly #bridge: TerrariumBridge;
  readonly #listeners: ((content: LibrarySnapshot) => void)[] = [];

  constructor(bridge: TerrariumBridge) {
    this.#bridge = bridge;
  }

  get images(): readonly ImageSummary[] {
    return this.#content.images;
  }

  get problems(): readonly string[] {
    return this.#content.problems;
  }

  get loading(): 'loading' | 'loaded' | { readonly message: string } {
    return this.#loading;
  }

  vm(id: VmId): VmRecord | undefined {
    return this.#content.vms.find((vm) => vm.id === id);
  }

  image(id: ImageId): ImageSummary | undefined {
    return this.#content.images.find((image) => image.id === id);
  }

  snapshot(id: StateId): SnapshotSummary | undefined {
    return this.#content.snapshots.find((snapshot) => snapshot.id === id);
  }

  /** Asks main for everything; the answers of single calls may come before the event that tells it. */
  async load(): Promise<void> {
    const result = await this.#bridge.call('library.get', undefined);
    if (result.ok) this.take(result.value);
    else if (this.#loading !== 'loaded') this.#loading = { message: result.error.message };
  }

  take(content: LibrarySnapshot): void {
    this.#content = content;
    this.#loading = 'loaded';
    for (const listener of this.#listeners) listener(content);
  }

  /** Called with each new content, before anything is drawn from it. */
  onChange(listener: (content: LibrarySnapshot) => void): void {
    this.#listeners.push(listener);
  }
}
