import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { testHome } from '../scripts/test-home.ts';
import { TestNetwork, TestVms, until, type ConnectedMachine } from '../scripts/test-network.ts';
import { aptRepository, gitServer, makeGitRepository, npmRegistry, sha256 } from '../scripts/test-repositories.ts';
import { freePort, makeCertificate, TestServers } from '../scripts/test-servers.ts';
import { debianPackages } from '../src/images/packages/apt/debian-packages.ts';
import { cacheRoot } from '../src/images/packages/cache.ts';
import { DEFAULT_NETWORK, type NetworkSettings } from '../src/shared/model/network.ts';

const SETTINGS: NetworkSettings = { ...DEFAULT_NETWORK, profile: 'internet+host', lan: 'kitchen' };

/** npm and apt take a minute each in it, and more on a busy computer. */
const PATIENCE_MS = 300_000;

/** What people do first with a network, in the Debian image, with nothing between it and them but the relay. */
describe('a Debian guest on the network', { timeout: PATIENCE_MS }, () => {
  let scratch = '';
  let vms: TestVms;
  let servers: TestServers;
  let network: TestNetwork;
  let guest: ConnectedMachine;
  beforeAll(async () => {
    scratch = await mkdtemp(path.join(tmpdir(), 'terrarium-servers-'));
    vms = await TestVms.in(await testHome(['debian']), inject('machineParts'));
    servers = new TestServers();
    network = new TestNetwork();
    guest = await network.start(await vms.create('Workshop', 'debian'), SETTINGS);
  });
  afterAll(async () => {
    network.close();
    servers.close();
    await vms.remove();
    await rm(scratch, { recursive: true });
  });

  async function give(guestPath: string, content: string | Uint8Array): Promise<void> {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
    await guest.machine.client.request('writeFile', { guestPath, bytes, mode: 0o644 });
  }

  /** A web server in the guest, at port 8000, if none is there yet. */
  async function servePage(): Promise<void> {
    const isServed = 'curl -sf http://127.0.0.1:8000/page.html >/dev/null';
    await sh('mkdir -p /root/site && echo "a page of the guest" >/root/site/page.html');
    await sh(`${isServed} || (setsid python3 -m http.server 8000 --directory /root/site >/dev/null 2>&1 </dev/null &)`);
    await sh(`until ${isServed}; do sleep 0.1; done`);
  }

  /** Runs a command that has to succeed. @returns what it printed */
  async function sh(command: string): Promise<string> {
    const { output, status } = await guest.terminal.run(command, PATIENCE_MS);
    expect(status, `${command}\n${output}`).toBe(0);
    return output;
  }

  it('pings the gateway', async () => {
    expect(await sh('ping -c 2 10.0.2.2')).toContain('2 packets transmitted, 2 received, 0% packet loss');
  });

  describe('with curl', () => {
    const page = randomBytes(1024 * 1024);
    const listener: RequestListener = (request, response) => {
      if (request.method === 'GET') return void response.end(page);
      const received: Buffer[] = [];
      request.on('data', (chunk: Buffer) => received.push(chunk));
      request.on('end', () => response.end(sha256(Buffer.concat(received))));
    };

    it('downloads and uploads over HTTP', async () => {
      const url = `http://10.0.2.2:${await servers.http(listener)}/page`;
      expect(await sh(`curl -sS ${url} -o /tmp/page && sha256sum </tmp/page`)).toBe(`${sha256(page)}  -`);
      expect(await sh(`curl -sS -T /tmp/page ${url}`)).toBe(sha256(page));
    });

    it('downloads over HTTPS from a server whose authority it was told', async () => {
      const certificate = await makeCertificate(['host.terrarium']);
      const port = await servers.https(listener, certificate);
      await give('/root/authority.pem', certificate.authority);
      const url = `https://host.terrarium:${port}/page`;
      expect(await sh(`curl -sS --cacert /root/authority.pem ${url} | sha256sum`)).toBe(`${sha256(page)}  -`);
      const untrusted = await guest.terminal.run(`curl -sS ${url}`);
      expect(untrusted.status, untrusted.output).toBe(60);
    });
  });

  it('talks over WebSocket from Node', async () => {
    await give('/root/client.cjs', await webSocketClient());
    const output = await sh(
      `node --jitless /root/client.cjs ws://10.0.2.2:${await servers.webSocketEcho()} 2>/dev/null`,
    );
    expect(output).toBe('echo: hello\necho of 300000 bytes is the same\nclosed 1000');
  });

  it('clones a git repository over HTTP', async () => {
    const repository = path.join(scratch, 'project');
    const content = randomBytes(512 * 1024);
    const commit = await makeGitRepository(repository, new Map([['content', content]]));
    const port = await servers.http(gitServer(scratch));
    await sh(`git clone -q http://10.0.2.2:${port}/project /root/project`);
    expect(await sh('cd /root/project && git fsck && git rev-parse HEAD && sha256sum <content; cd')).toContain(
      `${commit}\n${sha256(content)}  -`,
    );
  });

  it('installs a package and what it depends on with npm', async () => {
    const registry = await npmRegistry([
      {
        manifest: { name: 'greeting-of-a-test', version: '1.2.3', dependencies: { 'word-of-a-test': '^2.0.0' } },
        files: { 'index.js': "module.exports = `hello ${require('word-of-a-test')}`;" },
      },
      { manifest: { name: 'word-of-a-test', version: '2.1.0' }, files: { 'index.js': "module.exports = 'world';" } },
    ]);
    const port = await servers.http(registry);
    // Without its compiler Node starts sooner on an emulated processor.
    const npm = `NODE_OPTIONS=--jitless npm install --registry http://10.0.2.2:${port}/ --no-audit --no-fund --no-update-notifier`;
    const output = await sh(`mkdir -p /root/app && cd /root/app && ${npm} greeting-of-a-test; cd`);
    expect(output).toContain('added 2 packages');
    expect(await sh("cd /root/app && node --jitless -p 'require(`greeting-of-a-test`)' 2>/dev/null; cd")).toBe(
      'hello world',
    );
  });

  it('installs iperf3 from an apt repository, and measures both ways', async () => {
    const packages = debianPackages({
      cacheRoot: cacheRoot(),
      signal: new AbortController().signal,
      report: () => undefined,
      warn: () => undefined,
    });
    const debs = await packages.download(['iperf3', 'libiperf0', 'libsctp1']);
    const port = await servers.http(await aptRepository(debs.map((deb) => deb.path)));
    await give('/root/stand-in.list', `deb [trusted=yes] http://10.0.2.2:${port}/ ./\n`);
    const apt =
      'DEBIAN_FRONTEND=noninteractive apt-get -q -o Dir::Etc::sourcelist=/root/stand-in.list -o Dir::Etc::sourceparts=-';
    expect(await sh(`${apt} update`)).toContain(`http://10.0.2.2:${port} ./ Packages`);
    expect(await sh(`${apt} install -y iperf3`)).toContain('Setting up iperf3');

    const measured = await freePort();
    const server = spawn('iperf3', ['--server', '--bind', '127.0.0.1', '--port', String(measured), '--forceflush']);
    servers.onClose(() => server.kill());
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.stdout.on('data', (chunk: Buffer) => chunk.includes('Server listening') && resolve());
    });
    for (const direction of ['', '--reverse']) {
      const output = await sh(`iperf3 -c 10.0.2.2 -p ${measured} -t 2 -f k ${direction}`);
      const kilobits = Number(/([\d.]+) Kbits\/sec\s+receiver/.exec(output)?.[1]);
      // What it comes to is the benchmark's business.
      expect(kilobits, output).toBeGreaterThan(1000);
    }
  });

  it('serves a page to the host through a forward', async () => {
    await servePage();
    const hostPort = await freePort();
    const forward = { protocol: 'tcp', hostAddress: '127.0.0.1', hostPort, guestPort: 8000 } as const;
    expect(guest.link.configure({ ...SETTINGS, forwards: [forward] }).ok).toBe(true);
    await until(() => guest.link.view()?.forwards[0]?.failure === null, 'the forward');
    const response = await fetch(`http://127.0.0.1:${hostPort}/page.html`);
    expect(await response.text()).toBe('a page of the guest\n');
    expect(guest.link.view()?.forwards[0]?.totalConnections).toBe(1);
  });

  it('talks by name with another VM on its LAN', async () => {
    const other = await network.start(await vms.create('Pantry'), SETTINGS);
    const theirs = other.terminal;
    expect(other.link.view()?.address).toBe('10.0.2.16');
    await theirs.run('mkdir /tmp/site; echo "flour and salt" >/tmp/site/index.html; httpd -h /tmp/site');
    for (const name of ['pantry', 'pantry.terrarium', '10.0.2.16']) {
      expect(await sh(`curl -sS http://${name}/index.html`)).toBe('flour and salt');
    }
    expect(await sh('ping -c 1 pantry')).toContain('1 received');
    await servePage();
    const { output } = await theirs.run('wget -q -O - http://workshop:8000/page.html');
    expect(output).toBe('a page of the guest');
  });

  it('gets nowhere with packets of its own making', async () => {
    let reached = 0;
    const port = await servers.tcp((socket) => {
      reached += 1;
      socket.destroy();
    });
    await give('/root/raw.py', RAW_SYN);
    const denied = ['0.0.0.0', '127.0.0.1', '::', '::1', '::127.0.0.1', '::ffff:127.0.0.1'];
    const toMany = ['255.255.255.255', '10.0.2.255', '224.0.0.1', 'ff02::1'];
    const output = await sh(`python3 /root/raw.py ${port} 10.0.2.2 ${[...denied, ...toMany].join(' ')}`);
    // The first shows that a packet made that way is one that gets through where it may.
    expect(output.split('\n').sort()).toEqual(['10.0.2.2 open', ...denied.map((address) => `${address} reset`)].sort());
    expect(reached).toBe(1);
  });
});

/** A client for Debian's Node 18, which has none built in: a text, then bytes, each to be said back. */
async function webSocketClient(): Promise<string> {
  const { outputFiles } = await build({
    stdin: {
      resolveDir: import.meta.dirname,
      contents: `
        import WebSocket from 'ws';
        import { randomBytes } from 'node:crypto';
        const socket = new WebSocket(process.argv[2]);
        const bytes = randomBytes(300_000);
        socket.on('open', () => socket.send('hello'));
        socket.on('message', (message, isBinary) => {
          if (!isBinary) {
            console.log('echo: ' + message);
            socket.send(bytes);
            return;
          }
          console.log('echo of ' + message.length + ' bytes is ' + (bytes.equals(message) ? 'the same' : 'another'));
          socket.close(1000);
        });
        socket.on('close', (code) => console.log('closed ' + code));
      `,
    },
    external: ['bufferutil', 'utf-8-validate'],
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    target: 'node18',
  });
  return outputFiles[0]?.text ?? '';
}

/**
 * Sends a SYN to each address past the guest's own IP, which would keep most of them inside, and prints what came back
 * from where within some seconds.
 */
const RAW_SYN = `
import socket, struct, sys, time
port, targets = int(sys.argv[1]), sys.argv[2:]
mac = bytes.fromhex(open('/sys/class/net/eth0/address').read().strip().replace(':', ''))
ours4 = socket.inet_aton('10.0.2.15')
ours6 = next(bytes.fromhex(l[:32]) for l in open('/proc/net/if_inet6') if l.startswith('fd54') and 'eth0' in l)
raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
raw.bind(('eth0', 0))

def checksum(data):
    data += b'\\0' * (len(data) % 2)
    total = sum(struct.unpack('!%dH' % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff

def syn(source, target, from_port):
    head = struct.pack('!HHIIBBHHH', from_port, port, 1000, 0, 5 << 4, 2, 65535, 0, 0)
    if len(target) == 4:
        pseudo = source + target + struct.pack('!BBH', 0, 6, len(head))
    else:
        pseudo = source + target + struct.pack('!IHBB', len(head), 0, 0, 6)
    return head[:16] + struct.pack('!H', checksum(pseudo + head)) + head[18:]

asked = {}
for number, text in enumerate(targets):
    from_port = 50000 + number
    asked[from_port] = text
    if ':' in text:
        target = socket.inet_pton(socket.AF_INET6, text)
        segment = syn(ours6, target, from_port)
        packet = struct.pack('!IHBB', 6 << 28, len(segment), 6, 64) + ours6 + target + segment
        kind = 0x86dd
    else:
        target = socket.inet_aton(text)
        segment = syn(ours4, target, from_port)
        head = struct.pack('!BBHHHBBH4s4s', 0x45, 0, 20 + len(segment), number, 0x4000, 64, 6, 0, ours4, target)
        packet = head[:10] + struct.pack('!H', checksum(head)) + head[12:] + segment
        kind = 0x0800
    raw.send(bytes.fromhex('52550a000202') + mac + struct.pack('!H', kind) + packet)

end = time.time() + 5
while time.time() < end:
    raw.settimeout(max(0.01, end - time.time()))
    try:
        frame = raw.recv(2000)
    except TimeoutError:
        break
    kind = frame[12:14]
    at = 14 + (frame[14] & 15) * 4 if kind == b'\\x08\\x00' else 54
    if frame[:6] != mac or len(frame) < at + 14:
        continue
    from_port, flags = struct.unpack('!H', frame[at + 2:at + 4])[0], frame[at + 13]
    if from_port in asked:
        text = asked.pop(from_port)
        print(text, 'reset' if flags & 4 else 'open' if flags & 18 == 18 else hex(flags))
`;
