import type { MachineClient } from '../../../machine/client.ts';
import type { LaunchPlan, LinkOffer } from '../../../shared/ipc/contract.ts';
import { toErr } from '../../../shared/result.ts';
import type { MachineHost } from './machine-host.ts';
import { said } from '../text/text.svelte.ts';

/** What is needed of a machine here. */
type Linkable = Pick<MachineClient, 'connectLink'>;

/**
 * A VM's network link, over all machines the VM has in its life: takes the ports to the relay that main hands over,
 * at the launch and after each restart of the relay, and gives them to the machine they are for.
 */
export class VmLink {
  #machine: { readonly client: Linkable; readonly portId: string } | null = null;
  /** The last one that was offered: it may come before the machine it is for is there. */
  #offer: Pick<LinkOffer, 'machinePortId' | 'linkPortId'> | null = null;
  readonly #host: Pick<MachineHost, 'port'>;
  readonly #failed: (message: string) => void;

  /** @param failed told in a sentence when the VM stays without network */
  constructor(host: Pick<MachineHost, 'port'>, failed: (message: string) => void) {
    this.#host = host;
    this.#failed = failed;
  }

  /** A machine was prepared: links it, when the relay is there. */
  connect(client: Linkable, plan: Pick<LaunchPlan, 'portId' | 'linkPortId'>): void {
    this.#machine = { client, portId: plan.portId };
    const isNewer = this.#offer?.machinePortId === plan.portId;
    if (!isNewer && plan.linkPortId !== null) {
      this.#offer = { machinePortId: plan.portId, linkPortId: plan.linkPortId };
    }
    if (this.#offer?.machinePortId === plan.portId) void this.#give(this.#offer.linkPortId);
  }

  take(offer: Pick<LinkOffer, 'machinePortId' | 'linkPortId'>): void {
    this.#offer = offer;
    if (this.#machine?.portId === offer.machinePortId) void this.#give(offer.linkPortId);
  }

  disconnect(): void {
    this.#machine = null;
  }

  async #give(linkPortId: string): Promise<void> {
    const machine = this.#machine;
    try {
      const port = await this.#host.port(linkPortId);
      const isWanted = this.#machine === machine && this.#offer?.linkPortId === linkPortId;
      if (isWanted && machine) await machine.client.connectLink(port);
      else port.close();
    } catch (caught) {
      if (this.#machine === machine) this.#failed(said(toErr(caught).error.message));
    }
  }
}
