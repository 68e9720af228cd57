import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { TestDns, type TestName } from '../scripts/test-dns.ts';
import type { TestMachineOptions, TestTerminal } from '../scripts/test-machine.ts';
import { leaseOf, TestNetwork, TestVms, until, type ConnectedMachine } from '../scripts/test-network.ts';
import { sha256 } from '../scripts/test-repositories.ts';
import { freePort, TestServers } from '../scripts/test-servers.ts';
import { vmMac } from '../src/shared/model/mac.ts';
import { DEFAULT_NETWORK, type NetworkSettings } from '../src/shared/model/network.ts';

const HOST: NetworkSettings = { ...DEFAULT_NETWORK, profile: 'internet+host' };
const MIB = 1024 * 1024;

/**
 * Opens a connection on the second console, which says something once `/tmp/go` was written to and shows what comes of
 * that.
 */
async function talkLater({ machine }: ConnectedMachine, port: number): Promise<TestTerminal> {
  const terminal = await machine.terminal(1);
  terminal.forget();
  const talk = 'read line; echo "$line" >/dev/hvc1; read _ </tmp/go; echo anyone there; cat';
  terminal.type(`nc 10.0.2.2 ${port} -e sh -c '${talk}'\n`);
  await terminal.waitFor(/\nwelcome/);
  return terminal;
}

describe('a tiny guest on the network', () => {
  let vms: TestVms;
  let servers: TestServers;
  let network: TestNetwork;
  let dns: TestDns;
  let options: TestMachineOptions;
  let connected: ConnectedMachine;
  let terminal: TestTerminal;
  let names: Record<string, TestName> = {};
  beforeAll(async () => {
    dns = await TestDns.start((name) => names[name] ?? null);
    network = new TestNetwork({ dnsServers: [{ address: '127.0.0.1', port: dns.port }] });
    vms = await TestVms.in(inject('tinyHome'), inject('machineParts'));
    servers = new TestServers();
    options = await vms.create('Larder one');
    connected = await network.start(options, HOST);
    terminal = connected.terminal;
  });
  afterAll(async () => {
    network.close();
    servers.close();
    dns.close();
    await vms.remove();
  });

  it('has an address, a name and a name server without anyone asking it to', async () => {
    const { output } = await terminal.run('ip addr show eth0; ip route; cat /etc/resolv.conf; hostname');
    expect(connected.link.view()?.address).toBe('10.0.2.15');
    expect(output).toContain(`link/ether ${vmMac(options.vm.id)}`);
    expect(output).toContain('mtu 1500');
    expect(output).toContain('inet 10.0.2.15/24 brd 10.0.2.255');
    expect(output).toContain('default via 10.0.2.2 dev eth0');
    expect(output).toContain('search terrarium\nnameserver 10.0.2.3');
    expect(output).toMatch(/^larder-one$/m);
  });

  it('has an address of IPv6 that the relay advertised', async () => {
    // It takes a second to be sure that nobody else has it.
    await terminal.run('until ping6 -c 1 -W 1 fd54:6572:7261::2; do sleep 0.1; done');
    const { output } = await terminal.run('ip -6 addr show eth0');
    expect(output).toMatch(/inet6 fd54:6572:7261:[0-9a-f:]+\/64 scope global/);
  });

  it('pings the gateway', async () => {
    const { output, status } = await terminal.run('ping -c 3 10.0.2.2');
    expect(status, output).toBe(0);
    expect(output).toContain('3 packets transmitted, 3 packets received');
  });

  describe('resolves names', () => {
    beforeAll(() => {
      names = {
        'both.example': { addresses: ['192.0.2.7', '2001:db8::7'] },
        'four.example': { addresses: ['192.0.2.8'] },
        'long.example': { texts: Array.from({ length: 6 }, (_, index) => `${index}-${'x'.repeat(200)}`) },
      };
    });

    it('to addresses of both families', async () => {
      const { output } = await terminal.run('nslookup both.example');
      expect(output).toContain('Address: 192.0.2.7');
      expect(output).toContain('Address: 2001:db8::7');
    });

    it('that have none of one family, or do not exist', async () => {
      const none = await terminal.run('nslookup -type=aaaa four.example');
      expect(none.output).toMatch(/answer:$/);
      expect(none.status).toBe(0);
      const unknown = await terminal.run('nslookup nobody.example');
      expect(unknown.output).toContain('NXDOMAIN');
      expect(unknown.status).not.toBe(0);
    });

    it('once while the answer is good', async () => {
      const asked = (): number => dns.questions.filter((each) => each.startsWith('four.example 1 ')).length;
      await terminal.run('nslookup -type=a four.example; nslookup -type=a four.example');
      expect(asked()).toBe(1);
    });

    it('with answers too long for UDP', async () => {
      await terminal.run('nslookup -type=txt long.example');
      expect(dns.questions).toContain('long.example 16 tcp');
    });

    it('of the host and of itself without asking anyone', async () => {
      const { output } = await terminal.run('nslookup -type=a host.terrarium; nslookup -type=a larder-one.terrarium');
      expect(output).toContain('Address: 10.0.2.2');
      expect(output).toContain('Address: 10.0.2.15');
      expect(dns.questions.filter((each) => each.includes('terrarium'))).toEqual([]);
    });
  });

  describe('over TCP to the host', () => {
    it('is refused where nobody listens', async () => {
      const { output, status } = await terminal.run(`nc -w 30 10.0.2.2 ${await freePort()}`);
      expect(output).toContain('Connection refused');
      expect(status).not.toBe(0);
    });

    it('ends its half and still gets the answer', async () => {
      const port = await servers.tcp((socket) => {
        const received: Buffer[] = [];
        socket.on('data', (chunk: Buffer) => received.push(chunk));
        socket.on('end', () => socket.end(`got ${Buffer.concat(received).toString()}`));
      });
      const { output } = await terminal.run(`printf question | nc 10.0.2.2 ${port}`);
      expect(output).toBe('got question');
    });

    it('still sends when the host has ended its half', async () => {
      const received: Buffer[] = [];
      let hasEnded = false;
      const port = await servers.tcp((socket) => {
        socket.end('first');
        socket.on('data', (chunk: Buffer) => received.push(chunk));
        socket.on('end', () => (hasEnded = true));
      });
      // `cat` ends when the host's half does.
      await terminal.run(`nc 10.0.2.2 ${port} -e sh -c 'heard=$(cat); echo "after $heard"'`);
      await until(() => hasEnded, 'the end of the guest’s half');
      expect(Buffer.concat(received).toString()).toBe('after first\n');
    });

    it('notices a reset', async () => {
      const port = await servers.tcp((socket) => socket.once('data', () => socket.resetAndDestroy()));
      const { output, status } = await terminal.run(`nc 10.0.2.2 ${port} -e sh -c 'echo hello; cat'`);
      expect(output).toContain('Connection reset by peer');
      expect(status).not.toBe(0);
    });

    it('resets the host when it drops what it did not read', async () => {
      const failures: unknown[] = [];
      const port = await servers.tcp((socket) => {
        socket.on('error', (error: NodeJS.ErrnoException) => failures.push(error.code));
        socket.write(randomBytes(MIB));
      });
      await terminal.run(`nc 10.0.2.2 ${port} -e sh -c 'head -c 1000 | wc -c >/dev/hvc0'`);
      await until(() => failures.length > 0, 'the reset');
      expect(failures[0]).toMatch(/^(ECONNRESET|EPIPE)$/);
    });

    it('stops a host that sends faster than it reads, and misses nothing', async () => {
      const content = randomBytes(24 * MIB);
      let sender: Socket | null = null;
      let takenBytes = 0;
      const port = await servers.tcp((socket) => {
        sender = socket;
        void send(socket, content, (bytes) => (takenBytes += bytes));
      });
      await terminal.run('mkfifo /tmp/go');
      const second = await connected.machine.terminal(1);
      const hashing = second.run(`nc 10.0.2.2 ${port} -e sh -c 'read _ </tmp/go; sha256sum >/tmp/sum'`);
      await until(() => sender, 'the connection');
      // Full when nothing has moved for longer than a probe of the closed window takes.
      let before = -1;
      while (before !== takenBytes) {
        before = takenBytes;
        await new Promise((resolve) => setTimeout(resolve, 3000));
      }
      expect(takenBytes).toBeLessThan(content.byteLength);
      await terminal.run('echo go >/tmp/go');
      await hashing;
      const { output } = await terminal.run('cat /tmp/sum; rm /tmp/go /tmp/sum');
      expect(output).toBe(`${sha256(content)}  -`);
    });

    it('goes on when the relay’s end of the cable is a new one, without the connections it had', async () => {
      const port = await servers.tcp((socket) => socket.write('welcome\n'));
      await terminal.run('mkfifo /tmp/go');
      const second = await talkLater(connected, port);
      const old = connected.link;
      connected = { ...connected, link: await network.plug(connected.machine, options.vm, HOST) };
      await until(() => !old.isAttached, 'the end of the old cable');
      await leaseOf(connected.link);
      await terminal.run('echo go >/tmp/go; rm /tmp/go');
      await second.waitFor(/Connection reset by peer/);
      expect((await terminal.run('ping -c 1 10.0.2.2')).status).toBe(0);
    });
  });

  it('serves a page to the host through a forward', async () => {
    const hostPort = await freePort();
    await terminal.run(
      'mkdir -p /tmp/site; echo "a page of the guest" >/tmp/site/index.html; httpd -p 8080 -h /tmp/site',
    );
    const forward = { protocol: 'tcp', hostAddress: '127.0.0.1', hostPort, guestPort: 8080 } as const;
    expect(connected.link.configure({ ...HOST, forwards: [forward] }).ok).toBe(true);
    await until(() => connected.link.view()?.forwards[0]?.failure === null, 'the forward');
    const response = await fetch(`http://127.0.0.1:${hostPort}/index.html`);
    expect(await response.text()).toBe('a page of the guest\n');
    connected.link.configure(HOST);
    await until(() => network.relay.counts.listeners === 0, 'the end of the forward');
    await expect(fetch(`http://127.0.0.1:${hostPort}/index.html`)).rejects.toThrow();
  });

  it('comes out of a snapshot with an address of its own and without hanging connections', async () => {
    const port = await servers.tcp((socket) => socket.write('welcome\n'));
    await terminal.run('mkfifo /tmp/go');
    await talkLater(connected, port);
    const snapshot = await connected.machine.save('snapshot');

    for (const restored of [options, await vms.create('Larder two')]) {
      const again = await network.start({ ...restored, from: snapshot }, HOST);
      const first = again.terminal;
      const { output } = await first.run('ip addr show eth0; hostname');
      expect(output).toContain(`link/ether ${vmMac(restored.vm.id)}`);
      expect(output).toContain('inet 10.0.2.15/24');
      expect(output).toMatch(restored === options ? /^larder-one$/m : /^larder-two$/m);
      const console = await again.machine.terminal(1);
      console.forget();
      await first.run('echo go >/tmp/go');
      await console.waitFor(/Connection reset by peer/);
      again.machine.dispose();
    }
  });
});

async function send(socket: Socket, content: Buffer, taken: (bytes: number) => void): Promise<void> {
  for (let at = 0; at < content.byteLength && !socket.destroyed; at += MIB / 4) {
    const piece = content.subarray(at, at + MIB / 4);
    if (!socket.write(piece)) await once(socket, 'drain');
    taken(piece.byteLength);
  }
  socket.end();
}
