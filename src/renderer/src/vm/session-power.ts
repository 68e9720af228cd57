import type { MachineClient } from '../../../machine/client.ts';
import { powerNotObeyed, type PowerAction } from './session-failures.ts';
import type { SessionKeeping } from './session-keeping.ts';
import type { SessionMachine } from './session-machine.svelte.ts';

/** What a session does when its guest switches itself off or wants to reboot. */
export class SessionPower {
  readonly #machine: SessionMachine;
  readonly #keeping: SessionKeeping;

  constructor(machine: SessionMachine, keeping: SessionKeeping) {
    this.#machine = machine;
    this.#keeping = keeping;
  }

  /** The guest stands still until we act: after what is under way, unless that is what is needed. */
  async asked(client: MachineClient, action: PowerAction): Promise<void> {
    const { work, slot } = this.#machine;
    this.#machine.powered = action;
    await work.settled();
    // Whoever began to save or end the machine meanwhile does what is needed.
    if (slot.client === client && work.task === null) await work.report(() => this.obey(action));
  }

  /** @throws FailureError what happened, and that the VM is kept */
  async obey(action: PowerAction): Promise<void> {
    // It stands still already: “paused” is the truth, and where a failed save leaves it, so no file is lost.
    if (this.#machine.state.kind === 'running') {
      this.#machine.move({ kind: 'pause' });
      this.#machine.move({ kind: 'paused' });
    }
    try {
      await (action === 'off' ? this.#keeping.shutDown() : this.#keeping.restart());
    } catch (caught) {
      throw powerNotObeyed(this.#machine.name, action, caught);
    }
  }
}
