import type { VmId } from '../../../../shared/model/ids.ts';
import { DELETED_VM_KEPT_MS } from '../../../../shared/model/vm.ts';
import { toErr } from '../../../../shared/result.ts';
import { said, t } from '../../text/text.svelte.ts';
import type { VmSession } from '../../vm/vm-session.svelte.ts';
import type { VmActionParts } from './vm-action-parts.ts';

interface Deleted {
  readonly id: VmId;
  readonly name: string;
}

/** Deleting VMs, and having them back while the library still has them. */
export class Deletions {
  /** What the last deletion that can be taken back was of. */
  #last: readonly Deleted[] = $state.raw([]);
  readonly #parts: VmActionParts;
  #forget: (() => void) | null = null;

  constructor(parts: VmActionParts) {
    this.#parts = parts;
  }

  get canUndo(): boolean {
    return this.#last.length > 0;
  }

  /** One that runs is suspended first, so that it comes back as it was. */
  async delete(sessions: readonly VmSession[]): Promise<void> {
    const deleted = (await Promise.all(sessions.map((session) => this.#delete(session)))).flatMap((one) => one ?? []);
    this.#told(deleted);
  }

  async undo(): Promise<void> {
    await this.#undelete(this.#last);
  }

  async #delete(session: VmSession): Promise<Deleted | null> {
    if (session.isLive && session.state.kind !== 'starting') {
      try {
        await session.suspendForQuit();
      } catch (caught) {
        this.#notSuspended(session, said(toErr(caught).error.message));
        return null;
      }
    }
    return this.#deleteNow(session);
  }

  async #deleteNow(session: VmSession): Promise<Deleted | null> {
    const { id, name } = session;
    const result = await this.#parts.actions.deleteVm(id);
    if (result.ok) return { id, name };
    this.#parts.notices.failure(result.error.message);
    return null;
  }

  /** Without room for its state a VM could never be deleted to make room. */
  #notSuspended(session: VmSession, why: string): void {
    this.#parts.notices.failure(t('vms.not-deleted', { name: session.name, why }), {
      label: t('vms.delete-unsaved'),
      run: () => void this.#deleteNow(session).then((deleted) => this.#told(deleted === null ? [] : [deleted])),
    });
  }

  #told(deleted: readonly Deleted[]): void {
    const [first] = deleted;
    if (first === undefined) return;
    this.#last = deleted;
    this.#forget?.();
    this.#forget = this.#parts.after(DELETED_VM_KEPT_MS, () => (this.#last = []));
    const message =
      deleted.length === 1
        ? t('vms.deleted', { name: first.name })
        : t('vms.deleted-several', { count: deleted.length });
    this.#parts.notices.success(message, { label: t('ui.undo'), run: () => void this.#undelete(deleted) });
  }

  async #undelete(deleted: readonly Deleted[]): Promise<void> {
    if (this.#last === deleted) this.#last = [];
    const back: string[] = [];
    for (const { id } of deleted) {
      const result = await this.#parts.actions.undeleteVm(id);
      if (result.ok) back.push(result.value.name);
      else this.#parts.notices.failure(result.error.message);
    }
    const [first] = back;
    const { id } = deleted[0] ?? {};
    if (first === undefined || id === undefined) return;
    this.#parts.navigation.select(id);
    this.#parts.notices.success(
      back.length === 1 ? t('vms.is-back', { name: first }) : t('vms.are-back', { count: back.length }),
    );
  }
}
