import type { App } from '../../app/app.ts';
import type { SnapshotSummary } from '../../../../shared/model/state.ts';
import type { VmRecord } from '../../../../shared/model/vm.ts';
import type { Result } from '../../../../shared/result.ts';
import { freeName } from '../../text/next-name.ts';
import type { VmSession } from '../../vm/vm-session.svelte.ts';
import { restoreMisfit } from './restore-fit.ts';
import { forkName } from './snapshot-origin.ts';
import { t } from '../../text/text.svelte.ts';

type Needs = Pick<App, 'library' | 'actions' | 'restores' | 'navigation' | 'toasts'>;

/** What can be done with a snapshot from where the panel stands: beside one VM. */
export class SnapshotActions {
  readonly #app: Needs;
  readonly #record: () => VmRecord;
  readonly #session: () => VmSession;

  constructor(app: Needs, record: () => VmRecord, session: () => VmSession) {
    this.#app = app;
    this.#record = record;
    this.#session = session;
  }

  /** Why the VM cannot be put back to it now; null when it can. */
  whyNotRestore(snapshot: SnapshotSummary): string | null {
    const misfit = restoreMisfit(snapshot, this.#record());
    if (misfit !== null) return misfit;
    const { state, task, name } = this.#session();
    const isSteady = ['running', 'paused', 'stopped', 'failed'].includes(state.kind);
    return task === null && isSteady ? null : t('snapshots.busy', { name });
  }

  /** At once: what the VM is now is kept, and a message offers to undo. */
  restore(snapshot: SnapshotSummary): void {
    if (this.whyNotRestore(snapshot) === null) void this.#app.restores.restore(this.#session(), snapshot);
  }

  /** As {@link restore}, but a running VM is asked about: a key is pressed sooner than a button is found. */
  restoreByKey(snapshot: SnapshotSummary): void {
    const why = this.whyNotRestore(snapshot);
    if (why !== null) this.#app.toasts.failure(why);
    else if (!this.#session().isLive) this.restore(snapshot);
    else this.#app.navigation.open({ kind: 'restore', vmId: this.#record().id, snapshotId: snapshot.id });
  }

  /** Makes a VM of it under a free name, and launches that. */
  async fork(snapshot: SnapshotSummary): Promise<void> {
    const taken = this.#app.library.vms.map((vm) => vm.name);
    this.#report(await this.#app.actions.fork(snapshot.id, freeName(forkName(snapshot), taken), true));
  }

  async setProtected(snapshot: SnapshotSummary, isProtected: boolean): Promise<void> {
    this.#report(await this.#app.actions.updateSnapshot(snapshot.id, { isProtected }));
  }

  async moveUp(snapshot: SnapshotSummary): Promise<void> {
    this.#report(await this.#app.actions.moveSnapshotUp(snapshot.id));
  }

  /** Opens a dialog about it. */
  ask(
    kind:
      'fork' | 'rename-snapshot' | 'describe-snapshot' | 'compare-snapshots' | 'export-snapshot' | 'delete-snapshot',
    snapshot: SnapshotSummary,
  ): void {
    this.#app.navigation.open({ kind, snapshotId: snapshot.id });
  }

  #report(result: Result<unknown>): void {
    if (!result.ok) this.#app.toasts.failure(result.error.message);
  }
}
