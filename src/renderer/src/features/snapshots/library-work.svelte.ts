import type { TerrariumBridge } from '../../../../shared/ipc/bridge.ts';
import type { DamageSummary, LibraryProgress } from '../../../../shared/ipc/contract.ts';
import type { LibraryUsage, SnapshotSummary } from '../../../../shared/model/state.ts';
import type { Result } from '../../../../shared/result.ts';
import { formatSize } from '../../text/format-size.ts';
import type { Notices } from '../../vm/notices.ts';
import { t } from '../../text/text.svelte.ts';

export interface RunningWork {
  readonly what: LibraryProgress['what'];
  readonly words: string;
  /** Null until something is known. */
  readonly fraction: number | null;
}

/** What takes long in the library and is asked for by a person. One at a time: each reads or writes all of it. */
export class LibraryWork {
  #running: RunningWork | null = $state.raw(null);
  #usage: LibraryUsage | null = $state.raw(null);
  #isAsking = false;
  #isStale = false;
  #watchers = 0;
  readonly #bridge: TerrariumBridge;
  readonly #notices: Notices;

  constructor(bridge: TerrariumBridge, notices: Notices) {
    this.#bridge = bridge;
    this.#notices = notices;
  }

  get running(): RunningWork | null {
    return this.#running;
  }

  /** As it was when it was last asked for. */
  get usage(): LibraryUsage | null {
    return this.#usage;
  }

  take({ what, fraction }: LibraryProgress): void {
    if (this.#running?.what === what) this.#running = { ...this.#running, fraction };
  }

  /** Somebody looks at what everything takes: it is counted now and after each change. @returns what ends that */
  watchUsage(): () => void {
    this.#watchers += 1;
    void this.refreshUsage();
    return () => void (this.#watchers -= 1);
  }

  libraryChanged(): void {
    if (this.#watchers > 0) void this.refreshUsage();
  }

  /** Asks what everything takes. Changes that come while it is being counted are counted once more, not each. */
  async refreshUsage(): Promise<void> {
    this.#isStale = true;
    if (this.#isAsking) return;
    this.#isAsking = true;
    while (this.#isStale) {
      this.#isStale = false;
      const result = await this.#bridge.call('library.usage', undefined);
      // Without numbers the panel is as useful; the next change asks again.
      this.#usage = result.ok ? result.value : null;
    }
    this.#isAsking = false;
  }

  async exportSnapshot(
    { id, name }: Pick<SnapshotSummary, 'id' | 'name'>,
    options: { readonly withChildren: boolean; readonly withImage: boolean },
  ): Promise<void> {
    const result = await this.#during('export', t('snapshots.exporting', { name }), () =>
      this.#bridge.call('snapshot.export', { snapshotId: id, ...options }),
    );
    if (result) this.#notices.success(t('snapshots.exported', { name, size: formatSize(result.sizeBytes) }));
  }

  async importSnapshots(): Promise<void> {
    const result = await this.#during('import', t('snapshots.importing'), () =>
      this.#bridge.call('snapshot.import', undefined),
    );
    if (!result) return;
    const [first] = result.names;
    if (first === undefined) this.#notices.success(t('snapshots.imported-none'));
    else if (result.names.length === 1) this.#notices.success(t('snapshots.imported', { name: first }));
    else this.#notices.success(t('snapshots.imported-more', { name: first, count: result.names.length - 1 }));
  }

  async cleanUp(): Promise<void> {
    const result = await this.#during('clean', t('snapshots.cleaning'), () =>
      this.#bridge.call('library.clean', undefined),
    );
    if (result) {
      this.#notices.success(
        result.freedBytes > 0
          ? t('snapshots.freed', { size: formatSize(result.freedBytes) })
          : t('snapshots.nothing-to-clean'),
      );
    }
  }

  /** @returns what is damaged; null when it could not be verified, which was said */
  async verify(): Promise<readonly DamageSummary[] | null> {
    const result = await this.#during('verify', t('snapshots.verifying-work'), () =>
      this.#bridge.call('library.verify', undefined),
    );
    return result?.damage ?? null;
  }

  async #during<Value>(
    what: RunningWork['what'],
    words: string,
    work: () => Promise<Result<Value>>,
  ): Promise<Value | null> {
    if (this.#running !== null) {
      this.#notices.failure(t('snapshots.wait', { words: this.#running.words }));
      return null;
    }
    this.#running = { what, words, fraction: null };
    const result = await work();
    this.#running = null;
    if (!result.ok) this.#notices.failure(result.error.message);
    else void this.refreshUsage();
    return result.ok ? result.value : null;
  }
}
