import type { RelayLogEntry } from '../relay/relay-log.ts';
import { Relay, type RelayLink, type RelayOptions } from '../relay/relay.ts';
import { plugCable } from '../src/machine/node-endpoint.ts';
import type { FrameLink } from '../src/shared/link/frame-link.ts';
import { vmMac } from '../src/shared/model/mac.ts';
import type { NetworkSettings } from '../src/shared/model/network.ts';
import type { VmRecord } from '../src/shared/model/vm.ts';
import { TestMachine, type TestMachineOptions } from './test-machine.ts';

/** A guest that has no lease by then asks for none: its clock is slow while two cores do other things. */
const LEASE_MS = 60_000;
const LOOK_MS = 20;

/** A machine on the network, and the relay's side of its cable. */
export interface ConnectedMachine {
  readonly machine: TestMachine;
  readonly link: RelayLink;
}

/** A relay in this process, and machines on it. */
export class TestNetwork {
  readonly relay: Relay;
  readonly log: RelayLogEntry[] = [];
  private readonly machines: TestMachine[] = [];

  constructor(options: Partial<RelayOptions> = {}) {
    this.relay = new Relay({ dnsServers: [], log: (entry) => this.log.push(entry), ...options });
  }

  /** Starts a machine whose guest sets up its network by itself, and plugs it in. */
  async start(
    options: TestMachineOptions,
    settings: NetworkSettings,
    wrap?: (link: FrameLink) => FrameLink,
  ): Promise<ConnectedMachine> {
    const { vm, start } = options;
    const machine = await TestMachine.start({ ...options, start: { mac: vmMac(vm.id), ...start } });
    this.machines.push(machine);
    return { machine, link: await this.plug(machine, vm, settings, wrap) };
  }

  /**
   * Plugs a machine in, in place of the cable it had.
   * @param wrap puts something between the machine and the relay
   */
  async plug(
    machine: TestMachine,
    vm: VmRecord,
    settings: NetworkSettings,
    wrap: (link: FrameLink) => FrameLink = (link) => link,
  ): Promise<RelayLink> {
    const cable = await plugCable(machine.client);
    return this.relay.attach(wrap(cable), { vm, settings });
  }

  /** Stops all machines and the relay. @throws when the relay came upon a bug of its own meanwhile */
  close(): void {
    for (const machine of this.machines.splice(0)) machine.dispose();
    this.relay.close();
    const bug = this.log.find(({ message }) => message.includes('has a bug'));
    if (bug) throw new Error(bug.message);
  }
}

/** The address that the guest got without anyone asking it to. */
export async function leaseOf(link: RelayLink): Promise<string> {
  return until(() => link.view()?.address ?? null, 'a lease', LEASE_MS);
}

/** Waits until there is an answer other than null or false, looking again and again. */
export async function until<T>(look: () => T | null | false, what: string, timeoutMs = LEASE_MS): Promise<T> {
  const endMs = Date.now() + timeoutMs;
  for (;;) {
    const seen = look();
    if (seen !== null && seen !== false) return seen;
    if (Date.now() > endMs) throw new Error(`${what} did not come about within ${timeoutMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
