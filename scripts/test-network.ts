import { rm } from 'node:fs/promises';
import type { RelayLogEntry } from '../relay/relay-log.ts';
import { Relay, type RelayLink, type RelayOptions } from '../relay/relay.ts';
import type { Library } from '../src/library/library.ts';
import { plugCable, type MachineParts } from '../src/machine/node-endpoint.ts';
import type { FrameLink } from '../src/shared/link/frame-link.ts';
import { vmMac } from '../src/shared/model/mac.ts';
import type { NetworkSettings } from '../src/shared/model/network.ts';
import type { VmRecord } from '../src/shared/model/vm.ts';
import { copyHome, joinHome } from './test-home.ts';
import { TestMachine, type TestMachineOptions, type TestTerminal } from './test-machine.ts';

/** A guest that has no lease by then asks for none: its clock is slow while two cores do other things. */
const LEASE_MS = 60_000;
const LOOK_MS = 20;

/** A machine on the network, the relay's side of its cable, and a terminal on its first console. */
export interface ConnectedMachine {
  readonly machine: TestMachine;
  readonly link: RelayLink;
  readonly terminal: TestTerminal;
}

/** VMs in a library of their own. */
export class TestVms {
  readonly library: Library;
  private readonly parts: MachineParts;
  private readonly home: string;

  private constructor(home: string, library: Library, parts: MachineParts) {
    this.home = home;
    this.library = library;
    this.parts = parts;
  }

  /** @param home is copied */
  static async in(home: string, parts: MachineParts): Promise<TestVms> {
    const copy = await copyHome(home);
    return new TestVms(copy, await joinHome(copy), parts);
  }

  /** A new VM. @returns what starts it from its image's base snapshot */
  async create(name: string, imageName = 'tiny'): Promise<TestMachineOptions> {
    const { library, parts } = this;
    const image = await library.images.find(imageName);
    const vm = await library.createVm({ name, imageId: image.id, memoryMib: image.memoryMib });
    return { library, parts, vm, image, from: 'base' };
  }

  async remove(): Promise<void> {
    await rm(this.home, { recursive: true });
  }
}

/** A relay in this process, and machines on it. */
export class TestNetwork {
  readonly relay: Relay;
  readonly log: RelayLogEntry[] = [];
  private readonly machines: TestMachine[] = [];

  constructor(options: Partial<RelayOptions> = {}) {
    this.relay = new Relay({ dnsServers: [], log: (entry) => this.log.push(entry), ...options });
  }

  /** Starts a machine, plugs it in, and waits until its guest has set up its network by itself. */
  async start(
    options: TestMachineOptions,
    settings: NetworkSettings,
    wrap?: (link: FrameLink) => FrameLink,
  ): Promise<ConnectedMachine> {
    const { vm, start } = options;
    const machine = await TestMachine.start({ ...options, start: { mac: vmMac(vm.id), ...start } });
    this.machines.push(machine);
    const link = await this.plug(machine, vm, settings, wrap);
    await leaseOf(link);
    const terminal = await machine.terminal();
    // The last of it but the guest's name.
    await terminal.run('until ip route | grep -q default; do sleep 0.05; done');
    return { machine, link, terminal };
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
