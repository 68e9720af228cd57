import type { MachineClient } from '../../../machine/client.ts';
import type { LaunchPlan, LinkOffer } from '../../../shared/ipc/contract.ts';
import type { ScreenPreview } from '../../../shared/model/state.ts';
import { FailureError, toErr } from '../../../shared/result.ts';
import { ScreenSession } from '../features/screen/screen-session.svelte.ts';
import type { TerminalSurroundings } from '../features/terminal/terminal-session.ts';
import type { MachineHost } from './machine-host.ts';
import { startAsPlanned } from './machine-steps.ts';
import type { Notices } from './notices.ts';
import type { TerminalId } from './terminal-id.ts';
import { VmLink } from './vm-link.ts';
import { VmTerminals } from './vm-terminals.ts';
import { said, t } from '../text/text.svelte.ts';

/** What a slot needs from the rest of the app. */
export interface SlotSurroundings {
  readonly host: Pick<MachineHost, 'port' | 'startIsDamaged'>;
  readonly notices: Notices;
  /** What the terminals of a VM need of the app. */
  readonly terminals: { forVm(vmName: () => string): TerminalSurroundings };
}

/** Where a VM's machine sits while there is one, and what is plugged into each: the terminals and the network. */
export class MachineSlot {
  #client: MachineClient | null = null;
  readonly #terminals: VmTerminals;
  readonly display = new ScreenSession();
  readonly #link: VmLink;
  readonly #vmName: () => string;
  readonly #around: SlotSurroundings;

  constructor(around: SlotSurroundings, vmName: () => string) {
    const { host, notices } = around;
    this.#vmName = vmName;
    this.#around = around;
    this.#link = new VmLink(host, (why) => notices.failure(t('network.vm-none', { name: vmName(), why })));
    this.#terminals = new VmTerminals(around.terminals.forVm(vmName), (client, caught) => {
      // A machine that ended meanwhile has nothing left to show.
      if (this.#client === client) notices.failure(said(toErr(caught).error.message));
    });
  }

  /** The machine there is now. */
  get client(): MachineClient | null {
    return this.#client;
  }

  /** Its terminals, made when they are first looked at. */
  get terminals(): Pick<VmTerminals, 'get' | 'shownIn' | 'newShell' | 'reserve' | 'close'> {
    return this.#terminals;
  }

  /** What a person sees of the machine on this terminal; null where that is nothing, or no longer is. */
  screen(id: TerminalId): ScreenPreview | null {
    return this.#terminals.peek(id === 'boot' ? 0 : id)?.screen() ?? null;
  }

  takeLink(offer: LinkOffer): void {
    this.#link.take(offer);
  }

  put(client: MachineClient, plan: LaunchPlan): void {
    this.#client = client;
    this.#link.connect(client, plan);
  }

  /** Starts the machine that was put in. Resolves when a person can type. @throws FailureError */
  async start(client: MachineClient, plan: LaunchPlan): Promise<void> {
    try {
      await startAsPlanned(client, plan, this.#terminals.get(0).size);
    } catch (caught) {
      if (toErr(caught).error.code === 'damaged') this.#noteDamage(plan);
      throw caught;
    }
    // What is typed while history is redrawn would be dropped.
    if (this.#client !== client) return;
    this.display.connect(client);
    await this.#terminals.connect(client);
  }

  /** The person is told of the failed start; this makes the library remember why. */
  #noteDamage(plan: LaunchPlan): void {
    this.#around.host.startIsDamaged(plan.vm.id).catch((caught: unknown) => {
      this.#around.notices.failure(`What is damaged could not be found out: ${toErr(caught).error.message}`);
    });
  }

  /** @throws FailureError when there is none */
  machine(): MachineClient {
    if (this.#client === null)
      throw new FailureError('illegal-transition', `${this.#vmName()} has no machine now. Launch it first.`);
    return this.#client;
  }

  /** @throws FailureError when this machine has ended */
  expect(client: MachineClient): void {
    if (this.#client !== client) throw new FailureError('io', `${this.#vmName()} ended while it was being saved.`);
  }

  /** Ends the machine, if there is one, without saving. */
  empty(): void {
    const client = this.#client;
    this.#client = null;
    this.#terminals.disconnect();
    this.display.disconnect();
    this.#link.disconnect();
    client?.dispose();
  }

  dispose(): void {
    this.empty();
    this.#terminals.dispose();
  }
}
