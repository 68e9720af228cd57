import type { TerrariumBridge } from '../../../../shared/ipc/bridge.ts';
import type { ChosenFile } from '../../../../shared/ipc/contract.ts';
import { toErr } from '../../../../shared/result.ts';
import { freeFileName } from '../../text/next-name.ts';
import type { Notices } from '../../vm/notices.ts';
import type { VmSession } from '../../vm/vm-session.svelte.ts';
import { joinGuestPath } from './guest-path.ts';

/** Where imported files land: the home of the guest's user. */
export const IMPORT_FOLDER = '/root';

/** Files between the host and a running VM. The page handles tokens and guest paths, never host paths. */
export class Transfers {
  readonly #bridge: TerrariumBridge;
  readonly #notices: Notices;

  constructor(bridge: TerrariumBridge, notices: Notices) {
    this.#bridge = bridge;
    this.#notices = notices;
  }

  async importChosen(session: VmSession): Promise<void> {
    const chosen = await this.#bridge.call('file.chooseImport', undefined);
    if (chosen.ok) await this.#import(session, chosen.value);
    else this.#notices.failure(chosen.error.message);
  }

  async importDropped(session: VmSession, files: readonly File[]): Promise<void> {
    const dropped = await this.#bridge.dropFiles(files);
    if (dropped.ok) await this.#import(session, dropped.value);
    else this.#notices.failure(dropped.error.message);
  }

  /** Asks where to, then copies one file of the guest there. @returns whether it was copied */
  async exportFile(session: VmSession, guestPath: string): Promise<boolean> {
    const suggestedName = guestPath.slice(guestPath.lastIndexOf('/') + 1);
    const target = await this.#bridge.call('file.chooseExport', { suggestedName });
    if (!target.ok) {
      this.#notices.failure(target.error.message);
      return false;
    }
    if (target.value === null) return false;
    try {
      await session.runningMachine().request('exportFile', { token: target.value.token, guestPath });
    } catch (caught) {
      this.#notices.failure(toErr(caught).error.message);
      return false;
    }
    this.#notices.success(`${guestPath} was copied out of ${session.name}.`);
    return true;
  }

  /** One after another: each is held in the VM's memory, and the order of the messages stays clear. */
  async #import(session: VmSession, files: readonly ChosenFile[]): Promise<void> {
    for (const file of files) {
      try {
        const machine = session.runningMachine();
        const present = await machine.request('readDir', { guestPath: IMPORT_FOLDER });
        const name = freeFileName(
          file.name,
          present.map((entry) => entry.name),
        );
        const guestPath = joinGuestPath(IMPORT_FOLDER, name);
        await machine.request('importFile', { token: file.token, guestPath });
        const because = name === file.name ? '' : `, because there was a ${file.name} already`;
        this.#notices.success(`${file.name} copied to ${guestPath}${because}`);
      } catch (caught) {
        this.#notices.failure(`${file.name} was not copied: ${toErr(caught).error.message}`);
      }
    }
  }
}
