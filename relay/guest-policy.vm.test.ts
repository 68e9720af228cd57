import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { TestDns, type TestName } from '../scripts/test-dns.ts';
import type { TestTerminal } from '../scripts/test-machine.ts';
import { TestNetwork, TestVms, until, type ConnectedMachine } from '../scripts/test-network.ts';
import { freePort, TestServers } from '../scripts/test-servers.ts';
import { DEFAULT_NETWORK, type ConnectionRow, type NetworkSettings, type Rule } from '../src/shared/model/network.ts';

/** Is nobody's that a test could disturb: nothing is ever sent there. */
const OUTSIDE = '198.41.0.99';

describe('a guest that tries to get out', () => {
  let vms: TestVms;
  let servers: TestServers;
  let network: TestNetwork;
  let dns: TestDns;
  let guest: ConnectedMachine;
  let terminal: TestTerminal;
  const names: Record<string, TestName> = {};
  /** On the host's loopback, where each attempt would end up if it were let through. */
  let port = 0;
  let reached = 0;

  beforeAll(async () => {
    vms = await TestVms.in(inject('tinyHome'), inject('machineParts'));
    servers = new TestServers();
    port = await servers.tcp((socket) => {
      reached += 1;
      socket.end('inside');
    });
    dns = await TestDns.start((name) => names[name] ?? null);
    network = new TestNetwork({ dnsServers: [{ address: '127.0.0.1', port: dns.port }] });
    guest = await network.start(await vms.create('prisoner'), DEFAULT_NETWORK);
    terminal = guest.terminal;
    // IPv6 comes a little later.
    await terminal.run('until ping6 -c 1 -W 1 fd54:6572:7261::2; do sleep 0.1; done');
    // Its own loopback would keep what it sends to 127.0.0.0/8 inside.
    await terminal.run(
      'echo 1 >/proc/sys/net/ipv4/conf/eth0/route_localnet; ip addr flush dev lo; ip link set lo down',
    );
  });
  afterAll(async () => {
    network.close();
    dns.close();
    servers.close();
    await vms.remove();
  });
  beforeEach(() => {
    reached = 0;
  });

  function use(settings: Partial<NetworkSettings>): void {
    const result = guest.link.configure({ ...DEFAULT_NETWORK, ...settings });
    if (!result.ok) throw new Error(result.error.message);
  }

  function rows(address: string): readonly ConnectionRow[] {
    return (guest.link.view()?.connections ?? []).filter((row) => row.address === address);
  }

  /** Tries, and expects a reset at once and a row that says why. */
  async function expectDenied(target: string, address: string, reason: string, targetPort = port): Promise<void> {
    const { output, status } = await terminal.run(`nc -w 30 ${target} ${targetPort}`);
    expect(output).toContain('Connection refused');
    expect(status).not.toBe(0);
    expect(reached).toBe(0);
    const row = rows(address).find((each) => each.port === targetPort && each.protocol === 'tcp');
    expect(row?.verdict).toBe('denied');
    expect(row?.reason).toContain(reason);
    const told = network.log.map(({ message }) => message);
    expect(told.some((message) => message.startsWith('TCP to') && message.includes(`:${targetPort} was denied`))).toBe(
      true,
    );
  }

  it('reaches the host’s loopback at 10.0.2.2 when the profile opens it, and not otherwise', async () => {
    use({ profile: 'internet+host' });
    expect((await terminal.run(`nc 10.0.2.2 ${port} </dev/null`)).output).toBe('inside');
    expect((await terminal.run(`nc host.terrarium ${port} </dev/null`)).output).toBe('inside');
    expect(reached).toBe(2);
    reached = 0;
    use({ profile: 'internet+host', hostPorts: [port === 1 ? 2 : 1] });
    await expectDenied('10.0.2.2', '10.0.2.2', 'not open');
    use({ profile: 'internet' });
    await expectDenied('10.0.2.2', '10.0.2.2', 'the host is not open');
    await expectDenied('host.terrarium', '10.0.2.2', 'the host is not open');
  });

  it('gets echoes from beyond the gateway, asked for by the host’s own ping', async () => {
    use({ rules: [{ action: 'allow', cidr: '127.0.0.0/8', protocol: 'icmp' }] });
    const { output, status } = await terminal.run('ping -c 2 -s 1000 127.0.0.2');
    expect(output).toContain('1008 bytes from 127.0.0.2: seq=1');
    expect(status).toBe(0);
    use({});
    expect((await terminal.run('ping -c 1 -W 2 127.0.0.2')).status).not.toBe(0);
  });

  const openDomains: Rule[] = [
    { action: 'allow', domain: '*.example' },
    { action: 'allow', cidr: '0.0.0.0/0' },
    { action: 'allow', cidr: '::/0' },
  ];
  describe.each<[string, Partial<NetworkSettings>]>([
    ['the usual profile', {}],
    ['rules that seem to allow everything', { profile: 'internet+host', rules: openDomains }],
  ])('with %s does not get', (_name, settings) => {
    beforeEach(() => use(settings));

    it.each([
      ['127.0.0.1', '127.0.0.1', 'loopback'],
      ['127.9.8.7', '127.9.8.7', 'loopback'],
      ['::ffff:127.0.0.1', '127.0.0.1', 'loopback'],
      ['0.0.0.1', '0.0.0.1', 'unspecified'],
      ['169.254.169.254', '169.254.169.254', 'metadata'],
      ['169.254.7.7', '169.254.7.7', 'link-local'],
      ['10.99.0.1', '10.99.0.1', 'private'],
      ['192.168.0.1', '192.168.0.1', 'private'],
      ['fd12:3456::1', 'fd12:3456::1', 'private'],
      ['64:ff9b::7f00:1', '64:ff9b::7f00:1', 'loopback'],
      ['2002:7f00:1::1', '2002:7f00:1::1', 'loopback'],
    ])('to %s', async (target, address, reason) => {
      await expectDenied(target, address, reason);
    });

    it('to the host’s loopback by a name', async () => {
      names['loopback.example'] = { addresses: ['127.0.0.1'] };
      await expectDenied('loopback.example', '127.0.0.1', 'loopback');
    });

    it('to the host’s loopback by a name that was another address when it was first asked for', async () => {
      names['rebinding.example'] = { addresses: [OUTSIDE], ttlS: 0 };
      expect((await terminal.run('nslookup -type=a rebinding.example')).output).toContain(`Address: ${OUTSIDE}`);
      names['rebinding.example'] = { addresses: ['127.0.0.3'], ttlS: 0 };
      await expectDenied('rebinding.example', '127.0.0.3', 'loopback');
      expect(rows('127.0.0.3')[0]?.name).toBe('rebinding.example');
    });

    it('to a metadata server by a name', async () => {
      names['metadata.example'] = { addresses: ['169.254.169.254'] };
      await expectDenied('metadata.example', '169.254.169.254', 'metadata', 80);
    });
  });

  it('does not get to the host’s loopback over UDP', async () => {
    use({});
    const before = dns.questions.length;
    await terminal.run(`nslookup -type=a loopback.example 127.0.0.1:${dns.port}`);
    expect(dns.questions.length).toBe(before);
    expect(rows('127.0.0.1').filter(({ protocol }) => protocol === 'udp')).toMatchObject([
      { port: dns.port, verdict: 'denied' },
    ]);
  });

  it('looks up nothing when it is offline', async () => {
    use({ profile: 'offline' });
    names['outside.example'] = { addresses: [OUTSIDE] };
    const { output, status } = await terminal.run('nslookup outside.example');
    expect(output).toContain('REFUSED');
    expect(status).not.toBe(0);
    expect(dns.questions.filter((each) => each.startsWith('outside.example'))).toEqual([]);
    await expectDenied(OUTSIDE, OUTSIDE, 'offline');
  });

  it('loses a live connection when its profile closes', async () => {
    use({ profile: 'internet+host' });
    let isClosed = false;
    const livePort = await servers.tcp((socket) => {
      socket.write('welcome\n');
      socket.on('close', () => (isClosed = true));
    });
    const second = await guest.machine.terminal(1);
    second.forget();
    second.type(`nc 10.0.2.2 ${livePort} -e sh -c 'cat >/dev/hvc1'\n`);
    await second.waitFor(/\nwelcome/);
    use({ profile: 'internet' });
    await until(() => isClosed, 'the end of the connection');
    await second.waitFor(/Connection reset by peer/);
  });

  it('hears that the host knows no way', async () => {
    // The broadcast address of loopback: no system connects to it, with or without a network.
    use({ rules: [{ action: 'allow', cidr: '127.255.255.255/32' }] });
    const { output } = await terminal.run(`nc -w 30 127.255.255.255 ${port}`);
    expect(output).toContain('No route to host');
    expect(rows('127.255.255.255')[0]).toMatchObject({ verdict: 'failed', reason: 'the host cannot be reached' });
  });

  it('does not get to a VM that is not on its LAN', async () => {
    const hostPort = await freePort();
    const forward = { protocol: 'tcp', hostAddress: '127.0.0.1', hostPort, guestPort: 8080 } as const;
    const neighbour = await network.start(await vms.create('neighbour'), {
      ...DEFAULT_NETWORK,
      lan: 'next-door',
      forwards: [forward],
    });
    const theirs = neighbour.terminal;
    const address = neighbour.link.view()?.address ?? '';
    await theirs.run('mkdir /tmp/site; echo private >/tmp/site/index.html; httpd -p 8080 -h /tmp/site');
    await until(() => neighbour.link.view()?.forwards[0]?.failure === null, 'the forward');
    expect(await (await fetch(`http://127.0.0.1:${hostPort}/index.html`)).text()).toBe('private\n');

    use({ profile: 'internet+host', hostPorts: [] });
    for (const name of ['neighbour', 'neighbour.terrarium']) {
      expect((await terminal.run(`nslookup ${name}`)).output).toContain('NXDOMAIN');
    }
    // Out of its way, then straight at it: by its address, by its card, and by the host's forward.
    await terminal.run('ip addr flush dev eth0; ip addr add 10.0.2.99/24 dev eth0; ip route add default via 10.0.2.2');
    const { output } = await terminal.run(`nc -w 5 ${address} 8080 </dev/null`);
    expect(output).not.toContain('private');
    const card = await theirs.run('cat /sys/class/net/eth0/address');
    await terminal.run(`arp -s ${address} ${card.output}`);
    expect((await terminal.run(`nc -w 5 ${address} 8080 </dev/null`)).status).not.toBe(0);
    expect((await terminal.run(`nc -w 5 10.0.2.2 ${hostPort} </dev/null`)).output).toContain('refused');
    expect((await theirs.run('netstat -tn')).output).not.toContain('10.0.2.99');
    expect(neighbour.link.view()?.forwards[0]?.totalConnections).toBe(1);
  });
});
