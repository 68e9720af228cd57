import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EventLog } from './event-log.fixture.ts';
import { listenFailure, Listeners } from './listeners.ts';
import { TcpSockets } from './tcp-sockets.ts';

const LOOPBACK = '127.0.0.1';

let log: EventLog;
let tcp: TcpSockets;
let listeners: Listeners;

beforeEach(() => {
  log = new EventLog();
  tcp = new TcpSockets(log.report);
  listeners = new Listeners(log.report, tcp);
});

afterEach(() => {
  listeners.close();
  tcp.close();
  expect([listeners.count, tcp.count]).toEqual([0, 0]);
});

describe('TCP', () => {
  it('takes connections under negative ids and reads nothing until it is wanted', async () => {
    listeners.listen(7, 'tcp', LOOPBACK, 0);
    const { port } = await log.next('listening');
    const client = connect(port, LOOPBACK);
    client.write('early');
    const accepted = await log.next('tcp-accepted');
    expect(accepted.listener).toBe(7);
    expect(accepted.socket).toBeLessThan(0);
    expect(accepted.peer).toEqual({ address: LOOPBACK, port: client.localPort });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(log.all('tcp-data')).toEqual([]);
    tcp.setReading(accepted.socket, true);
    await log.until(() => log.text() === 'early');
    tcp.send(accepted.socket, Buffer.from('answer'));
    tcp.flush();
    const [answer] = (await once(client, 'data')) as [Buffer];
    expect(answer.toString()).toBe('answer');
    client.destroy();
  });

  it('sends a connection away with a reset', async () => {
    listeners.listen(7, 'tcp', LOOPBACK, 0);
    const { port } = await log.next('listening');
    const client = connect(port, LOOPBACK);
    const failed = once(client, 'error') as Promise<[NodeJS.ErrnoException]>;
    // `once` rejects on errors of an emitter, except when the error is what is awaited.
    const { socket } = await log.next('tcp-accepted');
    tcp.destroy(socket);
    expect((await failed)[0].code).toBe('ECONNRESET');
  });

  it('says that a port is in use, in words, and gets it when it becomes free meanwhile', async () => {
    const other = createServer();
    other.listen(0, LOOPBACK);
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    listeners.listen(1, 'tcp', LOOPBACK, port);
    const failed = await log.next('listen-failed');
    expect(failed.message).toBe(
      `TCP port ${port} of 127.0.0.1 is in use by another program. Choose another port, or end that program.`,
    );
    expect(listeners.count).toBe(0);
    listeners.listen(2, 'tcp', LOOPBACK, port);
    await new Promise((resolve) => setTimeout(resolve, 30));
    other.close();
    expect((await log.next('listening')).listener).toBe(2);
  });

  it('moves a port from one listener to the next within one turn', async () => {
    listeners.listen(1, 'tcp', LOOPBACK, 0);
    const { port } = await log.next('listening');
    listeners.unlisten(1);
    listeners.listen(2, 'tcp', LOOPBACK, port);
    listeners.unlisten(2);
    listeners.listen(3, 'tcp', LOOPBACK, port);
    await log.until(() => log.all('listening').some(({ listener }) => listener === 3));
    expect(log.all('listen-failed')).toEqual([]);
    const client = connect(port, LOOPBACK);
    expect((await log.next('tcp-accepted')).listener).toBe(3);
    client.destroy();
  });

  it('says that an address is not ours', async () => {
    listeners.listen(1, 'tcp', '192.0.2.1', 8080);
    expect((await log.next('listen-failed')).message).toContain('does not have that address');
  });

  it('has no more listeners than its bound', async () => {
    listeners = new Listeners(log.report, tcp, 1);
    listeners.listen(1, 'tcp', LOOPBACK, 0);
    listeners.listen(2, 'udp', LOOPBACK, 0);
    expect(log.all('listen-failed').map(({ listener }) => listener)).toEqual([2]);
    await log.next('listening');
  });
});

describe('UDP', () => {
  it('receives from anyone and answers each', async () => {
    listeners.listen(3, 'udp', LOOPBACK, 0);
    const { port } = await log.next('listening');
    const clients = [createSocket('udp4'), createSocket('udp4')];
    const answers = clients.map((client) => once(client, 'message') as Promise<[Buffer]>);
    clients.forEach((client, i) => client.send(`from ${i}`, port, LOOPBACK));
    await log.until(() => log.all('udp-received').length === 2);
    for (const { peer, bytes } of log.all('udp-received')) {
      listeners.reply(3, peer, Buffer.from(`re: ${Buffer.from(bytes).toString()}`));
    }
    expect((await Promise.all(answers)).map(([answer]) => answer.toString())).toEqual(['re: from 0', 're: from 1']);
    for (const client of clients) client.close();
  });

  it('says that a port is in use', async () => {
    listeners.listen(1, 'udp', LOOPBACK, 0);
    const { port } = await log.next('listening');
    listeners.listen(2, 'udp', LOOPBACK, port);
    expect((await log.next('listen-failed')).message).toContain(`UDP port ${port} of 127.0.0.1 is in use`);
    expect(listeners.count).toBe(1);
  });
});

it('says what to do about a port that needs root', () => {
  const error = Object.assign(new Error('listen EACCES'), { code: 'EACCES' });
  expect(listenFailure('tcp', LOOPBACK, 80, error)).toBe(
    'TCP port 80 of 127.0.0.1 may not be opened by your user. Choose a port of 1024 or above.',
  );
});
