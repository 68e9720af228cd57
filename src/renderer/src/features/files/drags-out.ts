import type { MachineClient } from '../../../../machine/client.ts';
import type { TerrariumBridge } from '../../../../shared/ipc/bridge.ts';
import { DRAG_MAX_BYTES, DRAG_MAX_FILES } from '../../../../shared/model/limits.ts';
import { toErr, unwrap } from '../../../../shared/result.ts';
import { formatSize } from '../../text/format-size.ts';
import { said, t } from '../../text/text.svelte.ts';
import type { Notices } from '../../vm/notices.ts';
import { lastOfGuestPath } from './guest-path.ts';
import { shownName } from './shown-name.ts';
import type { TransferQueue } from './transfer-queue.svelte.ts';
import type { TransferSession } from './transfer-steps.ts';

/** The guest tells whole seconds: a file changed within these may change again without its time showing it. */
const UNSETTLED_S = 2;

/** A copy on the host that waits to be dragged, and what it is a copy of. */
interface ReadyCopy {
  readonly token: string;
  readonly of: string;
  readonly isSettled: boolean;
}

/**
 * Files of a guest on their way out by drag. The system drags files of the host, so they are copied there while the mouse is
 * held; when it was let go too soon, the copy waits for the next drag of the same unchanged files.
 */
export class DragsOut {
  readonly #bridge: TerrariumBridge;
  readonly #notices: Notices;
  readonly #queue: TransferQueue;
  readonly #nowMs: () => number;
  /** At most one of each machine: a machine that was restored has other files. */
  readonly #ready = new WeakMap<MachineClient, ReadyCopy>();

  constructor(bridge: TerrariumBridge, notices: Notices, queue: TransferQueue, nowMs: () => number = Date.now) {
    this.#bridge = bridge;
    this.#notices = notices;
    this.#queue = queue;
    this.#nowMs = nowMs;
  }

  /**
   * Copies files out, then drags them.
   * @param isWanted resolves once the pointer is outside of the window with the mouse held (true), or was let go (false)
   */
  async pull(session: TransferSession, paths: readonly string[], isWanted: () => Promise<boolean>): Promise<void> {
    try {
      const machine = session.runningMachine();
      const found = await this.#look(machine, paths);
      if (found === null) return;
      const kept = this.#ready.get(machine);
      const ready = kept?.of === found.of && kept.isSettled ? kept : await this.#copy(session, paths, found);
      if (ready === null) return;
      if (await isWanted()) {
        // Whoever gets the files may do what they like with them: the next drag has its own.
        this.#ready.delete(machine);
        unwrap(await this.#bridge.call('file.startDrag', { token: ready.token }));
        return;
      }
      this.#ready.set(machine, ready);
      this.#notices.success(
        paths.length === 1
          ? t('files.drag-ready', { name: shownName(lastOfGuestPath(paths[0] ?? '')) })
          : t('files.drag-ready-many', { count: paths.length }),
      );
    } catch (caught) {
      this.#notices.failure(said(toErr(caught).error.message));
    }
  }

  /** What the files are now; null, having said why, for what cannot be dragged out. */
  async #look(machine: MachineClient, paths: readonly string[]): Promise<Pick<ReadyCopy, 'of' | 'isSettled'> | null> {
    if (paths.length > DRAG_MAX_FILES) {
      this.#notices.failure(t('files.drag-many', { count: DRAG_MAX_FILES }));
      return null;
    }
    const stats = await Promise.all(
      paths.map((guestPath) => machine.request('stat', { guestPath, followLinks: true })),
    );
    if (stats.some(({ kind }) => kind !== 'file')) {
      this.#notices.failure(t('files.drag-only-files'));
      return null;
    }
    if (stats.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) > DRAG_MAX_BYTES) {
      this.#notices.failure(t('files.drag-large', { size: formatSize(DRAG_MAX_BYTES) }));
      return null;
    }
    const nowS = this.#nowMs() / 1000;
    return {
      of: JSON.stringify(stats.map(({ sizeBytes, modifiedAtS }, index) => [paths[index], sizeBytes, modifiedAtS])),
      isSettled: stats.every(({ modifiedAtS }) => Math.abs(nowS - modifiedAtS) > UNSETTLED_S),
    };
  }

  /** @returns null when not all of them arrived, which was said */
  async #copy(
    session: TransferSession,
    paths: readonly string[],
    found: Pick<ReadyCopy, 'of' | 'isSettled'>,
  ): Promise<ReadyCopy | null> {
    const names = paths.map(lastOfGuestPath);
    const { token, targets } = unwrap(await this.#bridge.call('file.openDrag', { names }));
    const arrivals = await this.#queue.add(
      session,
      targets.map((target, index) => ({
        direction: 'out',
        kind: 'file',
        name: names[index] ?? '',
        guestPath: paths[index] ?? '',
        token: target.token,
        vmName: session.name,
        isForDrag: true,
      })),
    );
    for (const { order, failure } of this.#queue.takeFailures()) {
      this.#notices.failure(t('files.export-failed', { name: shownName(order.name), why: failure ?? '' }));
    }
    return arrivals.length === paths.length ? { token, ...found } : null;
  }
}
