import { toErr } from '../../../../shared/result.ts';
import { freeName } from '../../text/next-name.ts';
import { said, t } from '../../text/text.svelte.ts';
import type { VmSession } from '../../vm/vm-session.svelte.ts';
import { Deletions } from './deletions.svelte.ts';
import type { VmActionParts } from './vm-action-parts.ts';

const isFree = (session: VmSession): boolean => session.task === null;
const isSteady = (session: VmSession): boolean =>
  isFree(session) && (session.state.kind === 'running' || session.state.kind === 'paused');

/** What each action can be done to. Of several VMs it is done to those it can be done to. */
export const CAN = {
  launch: (session: VmSession) => !session.isLive,
  pause: (session: VmSession) => isFree(session) && session.state.kind === 'running',
  resume: (session: VmSession) => isFree(session) && session.state.kind === 'paused',
  suspend: isSteady,
  shutDown: isSteady,
  restart: (session: VmSession) => isFree(session) && session.state.kind === 'running',
  duplicate: (session: VmSession) => !session.isLive || isSteady(session),
  delete: (session: VmSession) => !session.isLive || isSteady(session) || session.state.kind === 'starting',
} as const;

/** Actions on one VM or several at once. Each reports its own failures. */
export class VmActions {
  readonly deletions: Deletions;
  readonly #parts: VmActionParts;

  constructor(parts: VmActionParts) {
    this.#parts = parts;
    this.deletions = new Deletions(parts);
  }

  launch(sessions: readonly VmSession[]): Promise<void> {
    return each(sessions.filter(CAN.launch), (session) => session.launch());
  }

  /** Pauses those that run; when none does, those that are paused run on. */
  async pauseOrResume(sessions: readonly VmSession[]): Promise<void> {
    const running = sessions.filter(CAN.pause);
    if (running.length > 0) await each(running, (session) => session.pause());
    else await each(sessions.filter(CAN.resume), (session) => session.resume());
  }

  suspend(sessions: readonly VmSession[]): Promise<void> {
    return each(sessions.filter(CAN.suspend), (session) => session.suspend());
  }

  shutDown(sessions: readonly VmSession[]): Promise<void> {
    return each(sessions.filter(CAN.shutDown), (session) => session.powerOff());
  }

  restart(sessions: readonly VmSession[]): Promise<void> {
    return each(sessions.filter(CAN.restart), (session) => session.restart());
  }

  /** One after the other: each takes a name that is free then. */
  async duplicate(sessions: readonly VmSession[]): Promise<void> {
    for (const session of sessions.filter(CAN.duplicate)) await this.#duplicate(session);
  }

  delete(sessions: readonly VmSession[]): Promise<void> {
    return this.deletions.delete(sessions.filter(CAN.delete));
  }

  rename(session: VmSession): void {
    this.#parts.navigation.open({ kind: 'rename-vm', vmId: session.id });
  }

  editTags(sessions: readonly VmSession[]): void {
    this.#parts.navigation.open({ kind: 'vm-tags', vmIds: sessions.map(({ id }) => id) });
  }

  async #duplicate(session: VmSession): Promise<void> {
    const { actions, library, navigation, notices } = this.#parts;
    try {
      // A machine that runs goes on; what it is now becomes the duplicate's.
      const state = session.isLive
        ? await session.snapshotForDuplicate(t('vms.duplicate-state', { name: session.name }).slice(0, 64))
        : null;
      const taken = library.vms.map(({ name }) => name);
      const result = await actions.duplicateVm(session.id, freeName(session.name.slice(0, 60), taken), state);
      if (!result.ok) {
        notices.failure(result.error.message);
        return;
      }
      navigation.select(result.value.id);
      notices.success(t('vms.duplicated', { name: session.name, copy: result.value.name }));
    } catch (caught) {
      notices.failure(said(toErr(caught).error.message));
    }
  }
}

async function each(sessions: readonly VmSession[], act: (session: VmSession) => Promise<boolean>): Promise<void> {
  await Promise.all(sessions.map(act));
}
