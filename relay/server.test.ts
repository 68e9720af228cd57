import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { DEFAULT_NETWORK } from '../src/shared/model/network.ts';
import { unwrap } from '../src/shared/result.ts';
import { until } from './frame-guest.fixture.ts';
import { Relay, type RelayLink } from './relay.ts';
import { RelayServer } from './server.ts';
import { emitArp } from './stack/wire/arp.ts';
import { emitEthernet, ETHERTYPE_ARP } from './stack/wire/ethernet.ts';

const VM = { id: 'vm-1', name: 'box' };
const SECRET = 'correct-horse-battery';
const ARP = emitEthernet({
  dst: 'ff:ff:ff:ff:ff:ff',
  src: '02:00:00:00:00:01',
  etherType: ETHERTYPE_ARP,
  payload: emitArp({
    operation: 'request',
    senderMac: '02:00:00:00:00:01',
    senderIp: '10.0.2.15',
    targetMac: '00:00:00:00:00:00',
    targetIp: '10.0.2.2',
  }),
});

let relay: Relay;
let server: RelayServer;
let url: string;
let attached: RelayLink[];
let clients: WebSocket[];

beforeEach(async () => {
  attached = [];
  clients = [];
  relay = new Relay({ log: () => undefined, dnsServers: [] });
  server = unwrap(
    await RelayServer.listen({
      relay,
      port: 0,
      allowedOrigins: ['https://good.example'],
      onAttach: (link) => attached.push(link),
    }),
  );
  url = server.addVm(VM, DEFAULT_NETWORK, SECRET);
});

afterEach(async () => {
  for (const client of clients) client.terminate();
  await server.close();
  relay.close();
  expect(relay.counts.links).toBe(0);
});

async function open(address: string, options: { origin?: string } = {}): Promise<WebSocket> {
  const client = new WebSocket(address, options);
  clients.push(client);
  await once(client, 'open');
  return client;
}

/** The HTTP status a connection is refused with. */
async function refusal(address: string, options: { origin?: string } = {}): Promise<number | undefined> {
  const client = new WebSocket(address, options);
  clients.push(client);
  client.on('error', () => undefined);
  const [, response] = (await once(client, 'unexpected-response')) as [unknown, IncomingMessage];
  return response.statusCode;
}

it('listens on 127.0.0.1 and carries frames as binary messages', async () => {
  expect(url).toBe(`ws://127.0.0.1:${server.port}/?token=${SECRET}`);
  const client = await open(url);
  client.send(ARP);
  const [answer, isBinary] = (await once(client, 'message')) as [Buffer, boolean];
  expect(isBinary).toBe(true);
  expect(answer.subarray(6, 12).toString('hex')).toBe('52550a000202');
  expect(server.linkOf(VM.id)?.view()?.counters.framesFromGuest).toBe(1);
});

it('takes the token as a path, too', async () => {
  await open(`ws://127.0.0.1:${server.port}/${SECRET}`);
  expect(attached).toHaveLength(1);
});

it('makes a token that cannot be guessed, another for each VM', () => {
  const tokens = ['vm-2', 'vm-3'].map((id) => server.addVm({ id, name: id }, DEFAULT_NETWORK).split('token=')[1]);
  expect(tokens[0]).toMatch(/^[0-9a-f]{32}$/);
  expect(tokens[0]).not.toBe(tokens[1]);
});

describe('refuses', () => {
  it('a wrong, a missing and an overlong token, and one of a VM that is gone', async () => {
    const base = `ws://127.0.0.1:${server.port}/`;
    expect(await refusal(base)).toBe(401);
    expect(await refusal(`${base}?token=${SECRET.slice(1)}`)).toBe(401);
    expect(await refusal(`${base}?token=${'x'.repeat(1000)}`)).toBe(401);
    server.removeVm(VM.id);
    expect(await refusal(url)).toBe(401);
    expect(server.refused.get(401)).toBe(4);
    expect(attached).toEqual([]);
  });

  it('web pages, except those allowed', async () => {
    expect(await refusal(url, { origin: 'https://evil.example' })).toBe(403);
    expect(await refusal(url, { origin: 'null' })).toBe(403);
    await open(url, { origin: 'https://good.example' });
    expect(attached).toHaveLength(1);
  });

  it('a frame size that makes no sense', async () => {
    for (const size of ['0', '1513', '65550', 'huge', '1e9'])
      expect(await refusal(`${url}&maxFrame=${size}`)).toBe(400);
    await open(`${url}&maxFrame=65549`);
  });

  it('without keeping a place for who does not hang up', async () => {
    const stubborn = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
    const gone = new Promise<void>((resolve) => stubborn.once('close', () => resolve()));
    stubborn.on('error', () => undefined);
    stubborn.write(
      'GET /?token=guessed HTTP/1.1\r\nHost: relay\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
    );
    let answer = '';
    stubborn.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    await once(stubborn, 'end');
    expect(answer).toMatch(/^HTTP\/1.1 401 /);
    // Whoever writes to a connection that is closed, and not only ended, is told so.
    const nag = setInterval(() => stubborn.write('still here'), 10);
    await gone;
    clearInterval(nag);
  });

  it('what is not WebSocket', async () => {
    const response = await new Promise<IncomingMessage>((resolve) => get(url.replace('ws', 'http'), resolve));
    expect(response.statusCode).toBe(426);
    response.resume();
    const garbage = connect(server.port, '127.0.0.1');
    garbage.on('error', () => undefined);
    garbage.write('\x00\x01\x02 nonsense\r\n\r\n');
    garbage.resume();
    await once(garbage, 'close');
  });
});

describe('drops and counts', () => {
  const malformed = (): number => server.linkOf(VM.id)?.view()?.counters.malformedFrames ?? -1;

  it('text, too short and too long frames, and goes on', async () => {
    const client = await open(url);
    client.send('a text message');
    client.send(new Uint8Array(13));
    client.send(new Uint8Array(0));
    client.send(new Uint8Array(1515));
    client.send(ARP);
    await once(client, 'message');
    expect(malformed()).toBe(4);
  });

  it('takes super frames from a VM that says so', async () => {
    const client = await open(`${url}&maxFrame=65549`);
    const long = new Uint8Array(65_549);
    long.set(ARP);
    client.send(long);
    await once(client, 'message');
    expect(malformed()).toBe(0);
  });

  it('ends a connection that sends what no frame can be, and the VM may come again', async () => {
    const client = await open(url);
    const closed = once(client, 'close') as Promise<[number]>;
    client.send(new Uint8Array(65_550));
    expect((await closed)[0]).toBe(1009);
    await until(() => server.linkOf(VM.id) === null);
    await open(url);
    expect(server.linkOf(VM.id)).not.toBeNull();
  });
});

it('replaces the connection of a VM that comes again', async () => {
  const first = await open(url);
  const closed = once(first, 'close') as Promise<[number]>;
  const second = await open(url);
  expect((await closed)[0]).toBe(4001);
  expect(attached.map(({ isAttached }) => isAttached)).toEqual([false, true]);
  expect(relay.counts.links).toBe(1);
  second.send(ARP);
  await once(second, 'message');
});

it('says that its port is in use', async () => {
  const other = await RelayServer.listen({ relay, port: server.port });
  expect(other).toEqual({
    ok: false,
    error: {
      code: 'io',
      message:
        `TCP port ${server.port} of 127.0.0.1 is in use by another program. ` +
        'Choose another port, or end that program.',
    },
  });
});
