import { rm } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { copyHome, joinHome } from '../../scripts/test-home.ts';
import { TestMachine, type TestMachineOptions, type TestTerminal } from '../../scripts/test-machine.ts';
import { TestPeer } from '../../scripts/test-peer.ts';
import type { Library } from '../library/library.ts';
import type { ImageManifest } from '../shared/model/image.ts';
import { vmMac } from '../shared/model/mac.ts';
import type { VmRecord } from '../shared/model/vm.ts';
import { plugCable } from './node-endpoint.ts';

const SOON = { timeout: 60_000, interval: 50 };

describe('the network card of a tiny machine', () => {
  const parts = inject('machineParts');
  let home = '';
  let library: Library;
  let image: ImageManifest;
  let vm: VmRecord;
  const machines: TestMachine[] = [];
  beforeEach(async () => {
    home = await copyHome(inject('tinyHome'));
    library = await joinHome(home);
    image = await library.images.find('tiny');
    vm = await library.createVm({ name: 'under test', imageId: image.id, memoryMib: image.memoryMib });
  });
  afterEach(async () => {
    for (const machine of machines.splice(0)) machine.dispose();
    await rm(home, { recursive: true });
  });

  async function start(who: VmRecord, from: TestMachineOptions['from']): Promise<TestMachine> {
    const start = { mac: vmMac(who.id) };
    const machine = await TestMachine.start({ library, parts, vm: who, image, from, start });
    machines.push(machine);
    return machine;
  }

  async function plug(machine: TestMachine, lease = 15): Promise<TestPeer> {
    return new TestPeer(await plugCable(machine.client), lease);
  }

  async function leased(terminal: TestTerminal, lease: number): Promise<void> {
    const hasIt = async (): Promise<void> => {
      const { output } = await terminal.run('ip route; ip addr show eth0');
      expect(output).toContain(`inet 10.0.2.${lease}/24`);
      expect(output).toContain('default via 10.0.2.2');
    };
    await vi.waitFor(hasIt, SOON);
  }

  async function answers(terminal: TestTerminal, options = ''): Promise<void> {
    const { output } = await terminal.run(`ping -c 2 -W 20 ${options} 10.0.2.2`);
    expect(output).toContain('2 packets received');
  }

  it('has an address of its own and a lease as soon as a cable is in it, and talks', async () => {
    const machine = await start(vm, 'base');
    const peer = await plug(machine);
    const terminal = await machine.terminal();
    await terminal.waitFor(/~ # $/);
    await leased(terminal, 15);
    const mac = vmMac(vm.id);
    expect(peer.dhcp).toEqual([`discover ${mac}`, `request ${mac}`]);
    expect((await terminal.run('cat /sys/class/net/eth0/address /etc/resolv.conf')).output).toBe(
      `${mac}\nnameserver 10.0.2.3`,
    );
    await answers(terminal);
    // In fragments, whose many frames arrive together.
    await answers(terminal, '-s 40000');
    // The checksums of UDP and TCP are left to the card.
    const refused = await terminal.run('nc 10.0.2.2 80 </dev/null');
    expect(refused.output).toContain('refused');
    expect(peer.wrongChecksums).toBe(0);
  });

  it('is down and knows no address in a machine without a cable', async () => {
    const machine = await start(vm, 'base');
    const terminal = await machine.terminal();
    await terminal.waitFor(/~ # $/);
    await machine.client.request('agentReady', { timeoutMs: 60_000 });
    const { output } = await terminal.run('cat /sys/class/net/eth0/operstate; ip route; ps | grep -c "[u]dhcpc"');
    expect(output).toBe('down\n0');
  });

  it('gets another address and lease in a fork, without being asked', async () => {
    const parent = await start(vm, 'base');
    await plug(parent);
    const terminal = await parent.terminal();
    await terminal.waitFor(/~ # $/);
    await leased(terminal, 15);
    const snapshot = await parent.save('snapshot');
    const fork = await library.createVm({ name: 'fork', imageId: image.id, memoryMib: image.memoryMib });
    const child = await start(fork, snapshot);
    const peer = await plug(child, 16);
    const childTerminal = await child.terminal();
    await leased(childTerminal, 16);
    const { output } = await childTerminal.run(
      'cat /sys/class/net/eth0/address; ip addr show eth0 | grep -c "inet "; ps | grep -c "[u]dhcpc -f"',
    );
    expect(output).toBe(`${vmMac(fork.id)}\n1\n1`);
    await answers(childTerminal);
    expect(new Set(peer.dhcp.map((line) => line.split(' ')[1]))).toEqual(new Set([vmMac(fork.id)]));
    // The parent goes on as it was.
    await answers(terminal);
  });

  it('works on another cable when the one before ended, and only asks whether its lease still holds', async () => {
    const machine = await start(vm, 'base');
    const first = await plugCable(machine.client);
    new TestPeer(first, 15);
    const terminal = await machine.terminal();
    await terminal.waitFor(/~ # $/);
    await leased(terminal, 15);
    first.close();
    const lost = await terminal.run('ping -c 1 -W 1 10.0.2.2');
    expect(lost.output).toContain('0 packets received');
    const peer = await plug(machine);
    // Twice where this computer was too busy to answer in time; never from the beginning.
    await vi.waitFor(() => expect(new Set(peer.dhcp)).toEqual(new Set([`request ${vmMac(vm.id)}`])), SOON);
    await answers(terminal);
    await machine.client.connectLink(null);
    await plug(machine);
    await answers(terminal);
  });

  it('comes up in a cold boot, with the cable in it before the start', async () => {
    const begun = await TestMachine.begin({ library, parts, vm, image, from: 'cold', start: { mac: vmMac(vm.id) } });
    machines.push(begun);
    await plug(begun);
    await begun.starting;
    const terminal = await begun.terminal();
    await terminal.waitFor(/~ # $/);
    await leased(terminal, 15);
    await answers(terminal);
  });
});
