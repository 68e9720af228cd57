import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { EventLog } from './event-log.fixture.ts';
import { UdpSockets } from './udp-sockets.ts';

const LOOPBACK = '127.0.0.1';

let log: EventLog;
let udp: UdpSockets;
let server: Socket;
let port: number;

beforeEach(async () => {
  log = new EventLog();
  udp = new UdpSockets(log.report);
  server = createSocket('udp4');
  server.bind(0, LOOPBACK);
  await once(server, 'listening');
  ({ port } = server.address());
});

afterEach(() => {
  udp.close();
  expect(udp.count).toBe(0);
  server.close();
});

it('sends at once what came before it was connected, and receives the answers', async () => {
  server.on('message', (message, from) => server.send(`re: ${message.toString()}`, from.port, from.address));
  udp.open(1, LOOPBACK, port);
  udp.send(1, Buffer.from('one'));
  udp.send(1, Buffer.from('two'));
  await log.until(() => log.all('udp-message').length === 2);
  const answers = log.all('udp-message').map(({ bytes }) => Buffer.from(bytes).toString());
  expect(answers.sort()).toEqual(['re: one', 're: two']);
});

it('says that nobody listens', async () => {
  server.close();
  udp.open(1, LOOPBACK, port);
  udp.send(1, Buffer.from('anyone?'));
  expect(await log.next('udp-failed')).toEqual({ kind: 'udp-failed', socket: 1, reason: 'refused' });
  server = createSocket('udp4');
});

it('takes answers from its peer only', async () => {
  const stranger = createSocket('udp4');
  server.on('message', (_message, from) => {
    stranger.send('forged', from.port, from.address, () => server.send('true', from.port, from.address));
  });
  udp.open(1, LOOPBACK, port);
  udp.send(1, Buffer.from('?'));
  await log.next('udp-message');
  expect(log.all('udp-message').map(({ bytes }) => Buffer.from(bytes).toString())).toEqual(['true']);
  stranger.close();
});

it('says that a datagram is too large for the system, and goes on', async () => {
  const arrived = once(server, 'message') as Promise<[Buffer]>;
  udp.open(1, LOOPBACK, port);
  udp.send(1, new Uint8Array(65_535));
  await log.next('udp-failed');
  udp.send(1, Buffer.from('small'));
  expect((await arrived)[0].toString()).toBe('small');
});

it('has no more sockets than its bound and none after closing them', () => {
  udp = new UdpSockets(log.report, 2);
  for (let id = 1; id <= 3; id++) udp.open(id, LOOPBACK, port);
  expect(log.events).toEqual([{ kind: 'udp-failed', socket: 3, reason: 'failed' }]);
  expect(udp.count).toBe(2);
});

it('says that there is no way to an address, and throws at nobody', async () => {
  // A system lets no ordinary socket speak to everybody, and takes no IPv4 in IPv6 clothes where it is told IPv6 only.
  for (const [id, address] of [
    [1, '255.255.255.255'],
    [2, '::ffff:192.0.2.1'],
  ] as const) {
    udp.open(id, address, 9);
    udp.send(id, Buffer.from('lost'));
  }
  await log.until(() => log.all('udp-failed').length === 2);
  expect(log.kinds()).toEqual(['udp-failed', 'udp-failed']);
  udp.send(1, Buffer.from('lost, too'));
});
