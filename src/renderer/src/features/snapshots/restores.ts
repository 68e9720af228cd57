import type { SnapshotSummary } from '../../../../shared/model/state.ts';
import type { StateId, VmId } from '../../../../shared/model/ids.ts';
import type { LibraryStore } from '../../app/library-store.svelte.ts';
import type { Notices } from '../../vm/notices.ts';
import type { VmSession } from '../../vm/vm-session.svelte.ts';
import { t } from '../../text/text.svelte.ts';

/** Restoring, and taking it back: the library keeps the state there was before as a snapshot. */
export class Restores {
  readonly #library: Pick<LibraryStore, 'load' | 'snapshots'>;
  readonly #notices: Notices;

  constructor(library: Pick<LibraryStore, 'load' | 'snapshots'>, notices: Notices) {
    this.#library = library;
    this.#notices = notices;
  }

  /** Puts a VM back to a snapshot and offers to undo that. @returns whether it runs from the snapshot */
  async restore(session: Pick<VmSession, 'id' | 'name' | 'restore'>, snapshot: SnapshotSummary): Promise<boolean> {
    const before = new Set(this.#keptOf(session.id).map(({ id }) => id));
    if (!(await session.restore(snapshot.id))) return false;
    await this.#library.load();
    const kept = this.#keptOf(session.id).find(({ id }) => !before.has(id));
    const message = t('snapshots.is-back', { name: session.name, snapshot: snapshot.name });
    // A VM that was never saved, or was at that very snapshot, has nothing to go back to.
    if (kept === undefined) this.#notices.success(message);
    else this.#notices.success(message, { label: t('ui.undo'), run: () => void this.#undo(session, kept.id) });
    return true;
  }

  async #undo(session: Pick<VmSession, 'id' | 'name' | 'restore'>, id: StateId): Promise<void> {
    const kept = this.#library.snapshots.find((snapshot) => snapshot.id === id);
    if (kept) await this.restore(session, kept);
    else this.#notices.failure(t('snapshots.undo-gone', { name: session.name }));
  }

  /** Newest first. */
  #keptOf(vmId: VmId): readonly SnapshotSummary[] {
    return this.#library.snapshots.filter((snapshot) => snapshot.madeBy === 'restore' && snapshot.vmId === vmId);
  }
}
