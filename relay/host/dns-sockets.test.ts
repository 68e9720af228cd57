import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DnsSockets } from './dns-sockets.ts';
import { EventLog } from './event-log.fixture.ts';

const LOOPBACK = '127.0.0.1';
const QUERY = Uint8Array.of(0x12, 0x34, 1, 0, 9, 9, 9);

let log: EventLog;
let udpServer: UdpSocket;
let tcpServer: Server;
let dns: DnsSockets;
const tcpClients = new Set<Socket>();

beforeEach(async () => {
  log = new EventLog();
  udpServer = createSocket('udp4');
  tcpServer = createServer((socket) => {
    tcpClients.add(socket);
    socket.on('error', () => socket.destroy());
  });
  udpServer.bind(0, LOOPBACK);
  tcpServer.listen(0, LOOPBACK);
  await Promise.all([once(udpServer, 'listening'), once(tcpServer, 'listening')]);
  dns = new DnsSockets(log.report, () => [
    { address: LOOPBACK, port: udpServer.address().port },
    { address: LOOPBACK, port: (tcpServer.address() as AddressInfo).port },
  ]);
});

afterEach(() => {
  dns.close();
  expect(dns.count).toBe(0);
  udpServer.close();
  tcpServer.close();
  for (const client of tcpClients) client.destroy();
  tcpClients.clear();
});

describe('over UDP', () => {
  it('gives the answer to the question', async () => {
    udpServer.on('message', (message, from) => udpServer.send([message, Buffer.from('!')], from.port, from.address));
    dns.ask(1, 0, 'udp', QUERY, 5000);
    const answer = await log.next('dns-answer');
    expect([...answer.message]).toEqual([...QUERY, 0x21]);
    expect(log.events).toHaveLength(1);
    expect(dns.count).toBe(0);
  });

  it('waits on when an answer with another id comes first', async () => {
    udpServer.on('message', (message, from) => {
      udpServer.send(Buffer.of(0xff, 0xff, 0), from.port, from.address);
      udpServer.send(message, from.port, from.address);
    });
    dns.ask(1, 0, 'udp', QUERY, 5000);
    expect([...(await log.next('dns-answer')).message]).toEqual([...QUERY]);
  });

  it('asks from a fresh port every time', async () => {
    const ports = new Set<number>();
    udpServer.on('message', (message, from: RemoteInfo) => {
      ports.add(from.port);
      udpServer.send(message, from.port, from.address);
    });
    for (let id = 1; id <= 8; id++) dns.ask(id, 0, 'udp', QUERY, 5000);
    await log.until(() => log.all('dns-answer').length === 8);
    expect(ports.size).toBe(8);
  });

  it('fails when there is no answer in time', async () => {
    dns.ask(1, 0, 'udp', QUERY, 20);
    await log.next('dns-failed');
    expect(log.kinds()).toEqual(['dns-failed']);
  });

  it('fails at once when nobody listens there', async () => {
    udpServer.close();
    const { port } = { port: (tcpServer.address() as AddressInfo).port };
    dns = new DnsSockets(log.report, () => [{ address: LOOPBACK, port }]);
    dns.ask(1, 0, 'udp', QUERY, 60_000);
    await log.next('dns-failed');
    udpServer = createSocket('udp4').unref();
  });

  it('says nothing after it was cancelled', async () => {
    udpServer.on('message', (message, from) => udpServer.send(message, from.port, from.address));
    dns.ask(1, 0, 'udp', QUERY, 5000);
    dns.cancel(1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(log.events).toEqual([]);
  });
});

describe('over TCP', () => {
  it('gives an answer that comes in pieces', async () => {
    const answer = Buffer.concat([Buffer.of(0x12, 0x34), Buffer.alloc(20_000, 7)]);
    const framed = Buffer.concat([Buffer.of(answer.byteLength >> 8, answer.byteLength & 255), answer]);
    const questions: Buffer[] = [];
    tcpServer.on('connection', (socket) => {
      socket.once('data', (question) => {
        questions.push(question);
        let at = 0;
        const next = (): void => {
          const end = at === 0 ? 1 : at + 5000;
          socket.write(framed.subarray(at, end), () => {
            at = end;
            if (at < framed.byteLength) setTimeout(next, 2);
          });
        };
        next();
      });
    });
    dns.ask(1, 1, 'tcp', QUERY, 5000);
    const received = (await log.next('dns-answer')).message;
    expect(Buffer.compare(received, answer)).toBe(0);
    expect([...questions[0]!]).toEqual([0, QUERY.byteLength, ...QUERY]);
  });

  it('fails when the server hangs up in the middle of an answer', async () => {
    tcpServer.on('connection', (socket) => socket.once('data', () => socket.end(Buffer.of(0, 9, 1))));
    dns.ask(1, 1, 'tcp', QUERY, 5000);
    await log.next('dns-failed');
    expect(log.kinds()).toEqual(['dns-failed']);
  });
});

it('asks no more at once than its bound', () => {
  dns = new DnsSockets(log.report, () => [{ address: LOOPBACK, port: udpServer.address().port }], 2);
  for (let id = 1; id <= 3; id++) dns.ask(id, 0, 'udp', QUERY, 5000);
  expect(log.events).toEqual([{ kind: 'dns-failed', socket: 3 }]);
});

it('fails without any server', () => {
  dns = new DnsSockets(log.report, () => []);
  dns.ask(1, 0, 'udp', QUERY, 5000);
  expect(log.events).toEqual([{ kind: 'dns-failed', socket: 1 }]);
});

it('fails at once when the system knows no way to the server', async () => {
  dns = new DnsSockets(log.report, () => [{ address: '255.255.255.255', port: 53 }]);
  dns.ask(1, 0, 'udp', QUERY, 60_000);
  await log.next('dns-failed');
  expect(log.events).toEqual([{ kind: 'dns-failed', socket: 1 }]);
});
