import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PortLike } from '../src/shared/bulk/port.ts';
import { SUPER_FRAME_BYTES } from '../src/shared/link/frame-link.ts';
import { portLink } from '../src/shared/link/port-link.ts';
import { DEFAULT_NETWORK, type NetworkSettings } from '../src/shared/model/network.ts';
import { FrameGuest, until } from './frame-guest.fixture.ts';
import type { RelayLogEntry } from './relay-log.ts';
import { Relay, type RelayLink } from './relay.ts';
import { Network } from './stack/network.ts';

const LOOPBACK = '127.0.0.1';
const HOST: NetworkSettings = { ...DEFAULT_NETWORK, profile: 'internet+host' };
const NOTHING_OPEN = { links: 0, tcp: 0, udp: 0, dns: 0, pings: 0, listeners: 0 };

let relay: Relay;
let log: RelayLogEntry[];
let guests: FrameGuest[];
let servers: Server[];

beforeEach(() => {
  log = [];
  relay = new Relay({ log: (entry) => log.push(entry), dnsServers: [] });
  guests = [];
  servers = [];
});

afterEach(() => {
  vi.restoreAllMocks();
  for (const guest of guests) guest.close();
  relay.close();
  expect(relay.counts).toEqual(NOTHING_OPEN);
  for (const server of servers) server.close();
  expect(log.filter(({ message }) => message.includes('bug'))).toEqual([]);
});

function nodePort(port: MessagePort): PortLike {
  return {
    post: (message) => port.postMessage(message),
    onMessage: (listener) => port.on('message', listener),
    onClose: (listener) => port.on('close', listener),
    close: () => port.close(),
  };
}

/** A VM on the relay over a real message port. `takes` makes its network card one for super segments. */
function plugIn(settings: NetworkSettings, takes?: number): { guest: FrameGuest; link: RelayLink } {
  const { port1, port2 } = new MessageChannel();
  const link = relay.attach(portLink(nodePort(port1)), { vm: { id: 'vm-1', name: 'box' }, settings });
  const carrier = portLink(nodePort(port2), takes === undefined ? {} : { takes });
  const guest = new FrameGuest(carrier, takes === undefined ? 1460 : 65_160);
  guests.push(guest);
  return { guest, link };
}

async function serve(onConnection: (socket: Socket) => void): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    onConnection(socket);
  });
  servers.push(server);
  server.listen(0, LOOPBACK);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

it('answers ARP over the link and counts frames', async () => {
  const { guest, link } = plugIn(DEFAULT_NETWORK);
  guest.askForGateway();
  await until(() => guest.arpReplies.length > 0);
  expect(guest.arpReplies).toEqual(['52:55:0a:00:02:02']);
  expect(link.view()).toMatchObject({ capturing: false, counters: { framesFromGuest: 1, malformedFrames: 0 } });
});

describe.each([
  ['usual frames', undefined],
  ['super frames', SUPER_FRAME_BYTES],
])('a connection to the host with %s', (_name, takes) => {
  it('is refused when the host refuses', async () => {
    const port = await serve(() => undefined);
    servers.pop()?.close();
    const { guest } = plugIn(HOST, takes);
    guest.askForGateway();
    const tcp = guest.connect('10.0.2.2', port, 40_000);
    await until(() => tcp.closed !== null);
    expect(tcp.closed).toBe('reset');
    expect(tcp.isEstablished).toBe(false);
  });

  it('carries megabytes both ways, unchanged, and half-closes', async () => {
    const content = randomBytes(4 * 1024 * 1024);
    const port = await serve((socket) => socket.pipe(socket));
    const { guest, link } = plugIn(HOST, takes);
    guest.askForGateway();
    const tcp = guest.connect('10.0.2.2', port, 40_001);
    await until(() => tcp.isEstablished);
    tcp.connection.send(content, performance.now());
    tcp.connection.end(performance.now());
    await until(() => tcp.hasEnded, 20_000);
    const hash = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
    expect(hash(Buffer.concat(tcp.received))).toBe(hash(content));
    expect(link.view()?.counters.droppedFrames).toBe(0);
    await until(() => relay.counts.tcp === 0);
  });
});

it('stops a host that sends faster than the guest reads', async () => {
  let givenBytes = 0;
  const port = await serve((socket) => {
    const piece = Buffer.alloc(256 * 1024);
    const give = (): void => {
      while (givenBytes < 64 * 1024 * 1024) {
        givenBytes += piece.byteLength;
        if (!socket.write(piece)) return void socket.once('drain', give);
      }
    };
    give();
  });
  const { guest } = plugIn(HOST);
  guest.askForGateway();
  const tcp = guest.connect('10.0.2.2', port, 40_002);
  tcp.connection.consumed = () => undefined;
  await until(() => tcp.received.length > 100);
  let before = -1;
  while (before !== givenBytes) {
    before = givenBytes;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  expect(givenBytes).toBeLessThan(32 * 1024 * 1024);
});

it('leads a port of the host into the guest and resets its connections when the VM leaves', async () => {
  const port = await serve(() => undefined);
  servers.pop()?.close();
  const forward = { protocol: 'tcp', hostAddress: LOOPBACK, hostPort: port, guestPort: 8080 } as const;
  const { guest, link } = plugIn({ ...DEFAULT_NETWORK, forwards: [forward] });
  guest.onConnection = (tcp) => tcp.connection.send(Buffer.from('hello from the guest'), performance.now());
  guest.askForGateway();
  await until(() => guest.arpReplies.length > 0);
  const client = connect(port, LOOPBACK);
  const [greeting] = (await once(client, 'data')) as [Buffer];
  expect(greeting.toString()).toBe('hello from the guest');
  expect(link.view()?.forwards).toMatchObject([{ failure: null, liveConnections: 1, totalConnections: 1 }]);
  const failures: string[] = [];
  client.on('error', (error: NodeJS.ErrnoException) => failures.push(error.code ?? ''));
  link.detach();
  await until(() => client.destroyed);
  expect(failures).toEqual(['ECONNRESET']);
  await until(() => relay.counts.listeners === 0);
  expect(link.view()).toBeNull();
  expect(relay.counts).toEqual(NOTHING_OPEN);
});

it('forgets a VM whose end of the link is gone, ten times over', async () => {
  const port = await serve((socket) => socket.pipe(socket));
  for (let round = 0; round < 10; round++) {
    const { guest, link } = plugIn(HOST);
    guest.askForGateway();
    const tcp = guest.connect('10.0.2.2', port, 41_000);
    await until(() => tcp.isEstablished);
    guests.pop()?.close();
    await until(() => !link.isAttached);
    await until(() => relay.counts.tcp === 0);
    expect(relay.counts).toEqual(NOTHING_OPEN);
  }
});

it('survives a bug that a frame uncovers, and says so', async () => {
  const { guest } = plugIn(DEFAULT_NETWORK);
  vi.spyOn(Network.prototype, 'receive').mockImplementationOnce(() => {
    throw new Error('off by one');
  });
  guest.askForGateway();
  await until(() => log.length > 0);
  expect(log.splice(0)).toMatchObject([
    { level: 'warning', vmId: null, message: expect.stringContaining('off by one') as string },
  ]);
  guest.askForGateway();
  await until(() => guest.arpReplies.length > 0);
});

it('schedules once per batch of frames, not per frame', async () => {
  const { guest } = plugIn(DEFAULT_NETWORK);
  const received = vi.spyOn(Network.prototype, 'receive');
  const looked = vi.spyOn(Network.prototype, 'nextTimerMs');
  for (let i = 0; i < 500; i++) guest.askForGateway();
  await until(() => guest.arpReplies.length === 500);
  expect(received).toHaveBeenCalledTimes(500);
  expect(looked.mock.calls.length).toBeLessThan(20);
});

it('says what is wrong with a rule and keeps the settings', () => {
  const { link } = plugIn(DEFAULT_NETWORK);
  const wrong: NetworkSettings = { ...DEFAULT_NETWORK, rules: [{ action: 'deny', cidr: '10.0.0.0/99' }] };
  const result = link.configure(wrong);
  expect(result.ok).toBe(false);
  if (!result.ok) expect(result.error.message).toContain('10.0.0.0/99');
  expect(() => plugIn(wrong)).toThrow(/10\.0\.0\.0\/99/);
});

describe('a capture', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'terrarium-capture-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  it('holds every frame of both directions, and is closed when the VM leaves', async () => {
    const file = path.join(folder, 'trace.pcapng');
    const { guest, link } = plugIn(DEFAULT_NETWORK);
    expect(await link.startCapture(file)).toEqual({ ok: true, value: undefined });
    expect(link.view()?.capturing).toBe(true);
    guest.askForGateway();
    await until(() => guest.arpReplies.length > 0);
    await link.stopCapture();
    expect(link.view()?.capturing).toBe(false);
    const bytes = await readFile(file);
    expect(bytes.readUInt32LE(0)).toBe(0x0a0d0d0a);
    // Two packet blocks (type 6) of 42-byte frames follow the section and its interface.
    const types: number[] = [];
    for (let at = 0; at < bytes.byteLength; at += bytes.readUInt32LE(at + 4)) types.push(bytes.readUInt32LE(at));
    expect(types).toEqual([0x0a0d0d0a, 1, 6, 6]);
  });

  it('says why it cannot be written', async () => {
    const { link } = plugIn(DEFAULT_NETWORK);
    const result = await link.startCapture(path.join(folder, 'no', 'such', 'folder'));
    expect(result).toMatchObject({ ok: false, error: { code: 'io' } });
    expect(link.view()?.capturing).toBe(false);
  });
});
