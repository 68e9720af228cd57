import { SvelteMap } from 'svelte/reactivity';
import type { VmId } from '../../../shared/model/ids.ts';
import type { Clock } from './checkpoint-timer.ts';
import { parseMeminfo, type GuestMemory } from './meminfo.ts';
import type { VmSession } from './vm-session.svelte.ts';

/** Often enough for a number in a list; each look wakes a guest for about a millisecond. */
export const LOOK_EVERY_MS = 15_000;
/** A guest that does nothing needs no more than it did, and is left asleep. */
const LEFT_ASLEEP_AFTER_MS = 30_000;
const MEMINFO_MAX_BYTES = 16 * 1024;

export interface GuestMemoryParts {
  readonly clock: Clock;
  sessions(): readonly VmSession[];
  isSeen(): boolean;
  /** Whether guests that do nothing are left asleep. */
  slowsIdle(): boolean;
}

/** What running guests use of their memory, as their own kernels say. Asked for while the window is in sight. */
export class GuestMemoryWatch {
  readonly #known = new SvelteMap<VmId, GuestMemory>();
  /** Those that are being asked: one that does not answer is not asked again. */
  #asked: readonly VmId[] = [];
  readonly #parts: GuestMemoryParts;
  #cancel: (() => void) | null = null;

  constructor(parts: GuestMemoryParts) {
    this.#parts = parts;
  }

  /** Null where it is not known, or no machine runs. */
  of(session: VmSession): GuestMemory | null {
    return session.isLive ? (this.#known.get(session.id) ?? null) : null;
  }

  /** Looks now, and from now on as often as it is worth it. */
  look(): void {
    this.#cancel?.();
    this.#cancel = null;
    if (!this.#parts.isSeen()) return;
    for (const session of this.#parts.sessions()) {
      if (!session.isLive) this.#known.delete(session.id);
      else if (this.#isWorthIt(session)) void this.#ask(session);
    }
    this.#cancel = this.#parts.clock.after(LOOK_EVERY_MS, () => this.look());
  }

  #isWorthIt(session: VmSession): boolean {
    if (session.state.kind !== 'running' || session.task !== null || this.#asked.includes(session.id)) return false;
    if (!this.#known.has(session.id) || !this.#parts.slowsIdle()) return true;
    return session.load.idleMs < LEFT_ASLEEP_AFTER_MS;
  }

  async #ask(session: VmSession): Promise<void> {
    this.#asked = [...this.#asked, session.id];
    try {
      const request = { guestPath: '/proc/meminfo', maxBytes: MEMINFO_MAX_BYTES };
      const bytes = await session.runningMachine().request('readFile', request);
      const memory = parseMeminfo(new TextDecoder().decode(bytes));
      if (memory !== null) this.#known.set(session.id, memory);
    } catch {
      // A guest without an agent, or one that is just ending: the list says what the VM has instead.
      this.#known.delete(session.id);
    } finally {
      this.#asked = this.#asked.filter((id) => id !== session.id);
    }
  }
}
