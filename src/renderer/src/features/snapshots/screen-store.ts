import type { TerrariumBridge } from '../../../../shared/ipc/bridge.ts';
import type { StateId } from '../../../../shared/model/ids.ts';
import type { ScreenPreview } from '../../../../shared/model/state.ts';

/** A screen is a few KiB; this many are more than a person scrolls past. */
export const SCREENS_KEPT = 400;

/** What terminals showed when snapshots were taken. That never changes, so each is asked for once. */
export class ScreenStore {
  readonly #bridge: Pick<TerrariumBridge, 'call'>;
  readonly #screens = new Map<StateId, Promise<ScreenPreview | null>>();

  constructor(bridge: Pick<TerrariumBridge, 'call'>) {
    this.#bridge = bridge;
  }

  /** @returns null where none was kept, or it cannot be read: a snapshot is as good without its picture */
  get(id: StateId): Promise<ScreenPreview | null> {
    const known = this.#screens.get(id);
    if (known) {
      // The one that was looked at last is forgotten last.
      this.#screens.delete(id);
      this.#screens.set(id, known);
      return known;
    }
    const asked = this.#ask(id);
    this.#screens.set(id, asked);
    for (const oldest of this.#screens.keys()) {
      if (this.#screens.size <= SCREENS_KEPT) break;
      this.#screens.delete(oldest);
    }
    return asked;
  }

  async #ask(snapshotId: StateId): Promise<ScreenPreview | null> {
    const result = await this.#bridge.call('snapshot.screen', { snapshotId });
    if (result.ok) return result.value;
    this.#screens.delete(snapshotId);
    return null;
  }
}
