import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { copyHome, joinHome } from '../../scripts/test-home.ts';
import { TestMachine, type TestTerminal } from '../../scripts/test-machine.ts';
import { sha256 } from '../../scripts/test-repositories.ts';
import { freePort, TestServers } from '../../scripts/test-servers.ts';
import { vmMac } from '../shared/model/mac.ts';

const PAGE = randomBytes(300_000);

describe('v86’s own network, by fetch', () => {
  const servers = new TestServers();
  const asked: { line: string; host: string | undefined; body: Buffer }[] = [];
  let home = '';
  let machine: TestMachine;
  let terminal: TestTerminal;
  let port = 0;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const { method = '', url = '', headers } = request;
    asked.push({ line: `${method} ${url}`, host: headers.host, body: Buffer.concat(pieces) });
    if (url === '/broken') {
      response.writeHead(200, { 'Content-Length': PAGE.byteLength });
      response.write(PAGE.subarray(0, 50_000), () => setTimeout(() => response.destroy(), 200));
    } else response.end(url === '/page' ? PAGE : 'fine');
  }

  beforeAll(async () => {
    home = await copyHome(inject('tinyHome'));
    const library = await joinHome(home);
    const image = await library.images.find('tiny');
    const vm = await library.createVm({ name: 'fetching', imageId: image.id, memoryMib: image.memoryMib });
    port = await servers.http((request, response) => void answer(request, response));
    const start = { mac: vmMac(vm.id), network: 'fetch' } as const;
    machine = await TestMachine.start({ library, parts: inject('machineParts'), vm, image, from: 'base', start });
    terminal = await machine.terminal();
    await terminal.run('until ip route | grep -q default; do usleep 50000; done');
  });
  afterAll(async () => {
    machine.dispose();
    servers.close();
    await rm(home, { recursive: true });
  });

  /** Bytes written to port 80 as they are. */
  async function raw(request: string): Promise<string> {
    return (await terminal.run(`printf '${request}' | nc -w 10 192.168.86.1 80`)).output;
  }

  it('gives a lease, a name server and an answer to ping', async () => {
    const { output } = await terminal.run('ip addr show eth0; cat /etc/resolv.conf; ping -c 1 192.168.86.1');
    expect(output).toContain('inet 192.168.86.100/24');
    expect(output).toContain('nameserver 192.168.86.1');
    expect(output).toContain('1 packets received');
  });

  it('fetches from a port of this computer, byte for byte', async () => {
    const { output } = await terminal.run(`wget -q -O- http://${port}.external/page | sha256sum`);
    expect(output).toBe(`${sha256(PAGE)}  -`);
  });

  it('fetches from any address as a proxy', async () => {
    const { output } = await terminal.run(
      `http_proxy=http://192.168.86.1:80 wget -q -Y on -O- http://127.0.0.1:${port}/page | sha256sum`,
    );
    expect(output).toBe(`${sha256(PAGE)}  -`);
    expect(asked.at(-1)?.host).toBe(`127.0.0.1:${port}`);
  });

  it('takes an upload in super frames', async () => {
    const made = await terminal.run('head -c 500000 /dev/urandom >/tmp/up; sha256sum </tmp/up');
    const head = `PUT /up HTTP/1.1\\r\\nHost: ${port}.external\\r\\nContent-Length: 500000\\r\\nExpect: 100-continue\\r\\n\\r\\n`;
    await terminal.run(`printf '${head}' >/tmp/head`);
    const { output } = await terminal.run(
      `nc 192.168.86.1 80 -e sh -c 'cat /tmp/head; dd if=/tmp/up bs=64k 2>/dev/null; cat >/tmp/answer'; cat /tmp/answer`,
    );
    expect(output).toMatch(/^HTTP\/1\.1 200 OK\n[^]*fine$/);
    const { line, body } = asked.at(-1) ?? { line: '', body: Buffer.alloc(0) };
    expect(line).toBe('PUT /up');
    expect(`${sha256(body)}  -`).toBe(made.output);
  });

  it('says in an answer that nobody is there', async () => {
    const output = await raw(`GET / HTTP/1.0\\r\\nHost: ${await freePort()}.external\\r\\n\\r\\n`);
    expect(output).toMatch(/^HTTP\/1\.1 502 Bad Gateway\n[^]*cannot be reached: .*ECONNREFUSED/);
  });

  it('breaks off where the server does, and does not pass a part for the whole', async () => {
    // wget takes an end by RST for a proper one, so the kernel is asked how many connections ended like that.
    const resets = "awk '/^Tcp: [0-9]/ { print $9 }' /proc/net/snmp";
    const before = await terminal.run(resets);
    await terminal.run(`wget -q -O /tmp/part http://${port}.external/broken`);
    const after = await terminal.run(resets);
    expect(Number(after.output) - Number(before.output)).toBe(1);
  });

  it('survives requests that make no sense and frames that are none', async () => {
    await raw('GET http://[ HTTP/1.1\\r\\n\\r\\n');
    await raw('\\r\\n\\r\\n');
    await raw(`GET / HTTP/1.1\\r\\nHost: a b\\r\\nno header\\r\\n\\r\\n`);
    // DNS with a question that is not there, and DHCP of three bytes.
    await terminal.run("printf 'x' | nc -u -w 1 192.168.86.1 53; printf 'abc' | nc -u -w 1 192.168.86.1 67");
    const other = await terminal.run('nc -w 5 192.168.86.1 81 </dev/null');
    expect(other.output).toContain('refused');
    expect((await terminal.run(`wget -q -O- http://${port}.external/`)).output).toBe('fine');
    expect(machine.events.filter(({ kind }) => kind !== 'load')).toEqual([]);
  });
});
