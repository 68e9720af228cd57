import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { copyHome, joinHome } from '../scripts/test-home.ts';
import { TestMachine, type TestTerminal } from '../scripts/test-machine.ts';
import { until } from '../scripts/test-network.ts';
import { sha256 } from '../scripts/test-repositories.ts';
import { TestServers } from '../scripts/test-servers.ts';
import type { MachineNetwork } from '../src/headless/machine-network.ts';
import { joinRelay } from '../src/headless/remote-relay.ts';
import { vmMac } from '../src/shared/model/mac.ts';
import { DEFAULT_NETWORK, type NetworkCounters } from '../src/shared/model/network.ts';
import type { VmRecord } from '../src/shared/model/vm.ts';
import { unwrap } from '../src/shared/result.ts';
import { Relay } from './relay.ts';
import { RelayServer } from './server.ts';

const TOKEN = 'correct-horse-battery';
const CONTENT = randomBytes(5 * 1024 * 1024);
/** How many it takes without super frames. */
const MTU_FRAMES = CONTENT.byteLength / 1460;

interface Standalone {
  readonly relay: Relay;
  readonly server: RelayServer;
  readonly url: string;
}

describe('a tiny guest on a relay that runs by itself', () => {
  const servers = new TestServers();
  const complaints: string[] = [];
  let home = '';
  let vm: VmRecord;
  let standalone: Standalone;
  let machine: TestMachine;
  let network: MachineNetwork;
  let terminal: TestTerminal;

  async function startRelay(port = 0): Promise<Standalone> {
    const relay = new Relay({ log: () => undefined, dnsServers: [] });
    const server = unwrap(await RelayServer.listen({ relay, port }));
    const url = server.addVm({ id: vm.id, name: vm.name }, { ...DEFAULT_NETWORK, profile: 'internet+host' }, TOKEN);
    return { relay, server, url };
  }

  async function stopRelay({ relay, server }: Standalone): Promise<void> {
    await server.close();
    relay.close();
  }

  beforeAll(async () => {
    home = await copyHome(inject('tinyHome'));
    const library = await joinHome(home);
    const image = await library.images.find('tiny');
    vm = await library.createVm({ name: 'far away', imageId: image.id, memoryMib: image.memoryMib });
    standalone = await startRelay();
    const start = { mac: vmMac(vm.id) };
    machine = await TestMachine.start({ library, parts: inject('machineParts'), vm, image, from: 'base', start });
    network = await joinRelay(machine.client, standalone.url, (sentence) => complaints.push(sentence));
    terminal = await machine.terminal();
    await terminal.run('until ip route | grep -q default; do usleep 50000; done');
  });
  afterAll(async () => {
    network.close();
    machine.dispose();
    await stopRelay(standalone);
    servers.close();
    await rm(home, { recursive: true });
  });

  it('has a lease of it and pings it', async () => {
    const { output } = await terminal.run('ip addr show eth0; ping -c 2 10.0.2.2');
    expect(output).toContain('inet 10.0.2.15/24');
    expect(output).toContain('2 packets received');
  });

  it('moves megabytes both ways in super frames', async () => {
    const down = await servers.http((_request, response) => response.end(CONTENT));
    const before = counters();
    const { output } = await terminal.run(
      `wget -q -O /tmp/content http://10.0.2.2:${down}/ && sha256sum </tmp/content`,
    );
    expect(output).toBe(`${sha256(CONTENT)}  -`);
    const between = counters();
    expect(between.framesToGuest - before.framesToGuest).toBeLessThan(MTU_FRAMES / 2);

    const received: Buffer[] = [];
    const up = await servers.tcp((socket) => {
      socket.on('data', (piece: Buffer) => received.push(piece));
      socket.on('end', () => socket.end());
    });
    // By itself nc writes too little at a time for long segments; at worst they are twice as long as a frame's.
    await terminal.run(`nc 10.0.2.2 ${up} -e dd if=/tmp/content bs=64k`);
    await until(() => Buffer.concat(received).byteLength === CONTENT.byteLength, 'the whole upload');
    expect(sha256(Buffer.concat(received))).toBe(sha256(CONTENT));
    expect(counters().framesFromGuest - between.framesFromGuest).toBeLessThan(0.9 * MTU_FRAMES);
  });

  it('joins a relay that was started anew by itself', async () => {
    const { port } = standalone.server;
    await stopRelay(standalone);
    await until(() => complaints.length > 0, 'a complaint');
    const lost = await terminal.run('ping -c 1 -W 1 10.0.2.2');
    expect(lost.output).toContain('0 packets received');
    standalone = await startRelay(port);
    const { output } = await terminal.run('ping -c 20 -W 1 10.0.2.2 | grep -m 1 "bytes from"; ip addr show eth0');
    expect(output).toContain('64 bytes from 10.0.2.2');
    expect(output).toContain('inet 10.0.2.15/24');
    expect(complaints).toEqual([
      expect.stringMatching(/^The relay cannot be joined: .*ECONNREFUSED.* It is tried again until it can\.$/),
      'The relay is back.',
    ]);
  });

  it('says so when the relay does not know it', async () => {
    const heard: string[] = [];
    const stranger = await joinRelay(machine.client, standalone.url.replace(TOKEN, 'wrong'), (text) =>
      heard.push(text),
    );
    await until(() => heard.length > 0, 'a complaint');
    stranger.close();
    expect(heard).toEqual([
      'The relay cannot be joined: it does not know the token in the address. It is tried again until it can.',
    ]);
  });

  function counters(): NetworkCounters {
    const view = standalone.server.linkOf(vm.id)?.view();
    if (!view) throw new Error('the machine is not on the relay');
    return view.counters;
  }
});
