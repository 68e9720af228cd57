import type { MachineClient } from '../../../machine/client.ts';
import type { MachineEvent } from '../../../machine/protocol.ts';
import type { LaunchFrom } from '../../../shared/ipc/contract.ts';
import { FailureError, toErr } from '../../../shared/result.ts';
import type { SessionMachine } from './session-machine.svelte.ts';
import { cameUp } from './start-watch.ts';
import { said } from '../text/text.svelte.ts';

/** How a session's machine comes up. */
export class SessionStarts {
  readonly #machine: SessionMachine;
  readonly #onEvent: (client: MachineClient, event: MachineEvent) => void;

  constructor(machine: SessionMachine, onEvent: (client: MachineClient, event: MachineEvent) => void) {
    this.#machine = machine;
    this.#onEvent = onEvent;
  }

  /**
   * Brings a machine up in the state its caller has moved to.
   * @returns false when the VM was ended meanwhile
   * @throws why it did not come up; there is no machine then
   */
  async start(from: LaunchFrom): Promise<boolean> {
    const { slot, around, id } = this.#machine;
    const begunIn = this.#machine.state;
    const isWanted = (): boolean => this.#machine.state === begunIn;
    try {
      const { plan, client } = await around.host.prepare(id, from);
      if (!isWanted()) {
        // The VM was deleted while its machine was being prepared.
        client.dispose();
        return false;
      }
      slot.put(client, plan);
      client.onEvent((event) => this.#onEvent(client, event));
      await cameUp(client, slot.start(client, plan));
      if (!isWanted()) return false;
      this.#machine.move({ kind: 'started' });
      this.#machine.load.used();
      return true;
    } catch (caught) {
      if (!isWanted()) return false;
      this.#machine.end();
      throw caught;
    }
  }

  /** As {@link start}; a failure is the VM's state then. @throws what is no fault of the VM */
  async startOrFail(from: LaunchFrom): Promise<void> {
    try {
      await this.start(from);
    } catch (caught) {
      this.didNotStart(caught);
    }
  }

  /** @throws what happened, when it is no fault of the VM: another process runs it, or there is no room for it now */
  didNotStart(caught: unknown): void {
    if (caught instanceof FailureError && (caught.code === 'busy' || caught.code === 'limit')) {
      this.#machine.move({ kind: 'stopped' });
      throw caught;
    }
    this.#machine.move({ kind: 'fail', message: said(toErr(caught).error.message) });
  }
}
