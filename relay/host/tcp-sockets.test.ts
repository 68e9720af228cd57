import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EventLog } from './event-log.fixture.ts';
import { TcpSockets } from './tcp-sockets.ts';

const LOOPBACK = '127.0.0.1';

let log: EventLog;
let tcp: TcpSockets;
let servers: Server[];

beforeEach(() => {
  log = new EventLog();
  tcp = new TcpSockets(log.report);
  servers = [];
});

afterEach(() => {
  tcp.close();
  expect(tcp.count).toBe(0);
  for (const server of servers) server.close();
});

/** A server of the test, and the connections that come to it. */
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

async function closedPort(): Promise<number> {
  const port = await serve(() => undefined);
  servers.pop()?.close();
  return port;
}

describe('dialling', () => {
  it('says that a connection was refused', async () => {
    tcp.dial(1, LOOPBACK, await closedPort());
    await log.until(() => log.events.length > 0);
    expect(log.events).toEqual([{ kind: 'tcp-failed', socket: 1, reason: 'refused' }]);
    expect(tcp.count).toBe(0);
  });

  it('connects, sends, receives and says when the system has taken the bytes', async () => {
    const port = await serve((socket) => socket.pipe(socket));
    tcp.dial(1, LOOPBACK, port);
    await log.next('tcp-connected');
    tcp.send(1, Buffer.from('hello '));
    tcp.send(1, Buffer.from('world'));
    expect(log.kinds()).toEqual(['tcp-connected']);
    tcp.flush();
    await log.until(() => log.text() === 'hello world');
    await log.next('tcp-sent');
    expect(log.all('tcp-sent')).toEqual([{ kind: 'tcp-sent', socket: 1, byteCount: 11 }]);
  });

  it('gives up after its time', async () => {
    tcp = new TcpSockets(log.report, { dialTimeoutMs: 1 });
    const port = await serve(() => undefined);
    tcp.dial(1, LOOPBACK, port);
    // The turn of the event loop in which the connection would be noticed comes after the time limit.
    const endMs = performance.now() + 20;
    while (performance.now() < endMs);
    await log.until(() => log.events.length > 0);
    expect(log.events[0]).toEqual({ kind: 'tcp-failed', socket: 1, reason: 'timed-out' });
    expect(tcp.count).toBe(0);
  });

  it('has no more sockets than its bound', async () => {
    tcp = new TcpSockets(log.report, { socketsMax: 1 });
    const port = await serve(() => undefined);
    tcp.dial(1, LOOPBACK, port);
    tcp.dial(2, LOOPBACK, port);
    expect(log.events).toEqual([{ kind: 'tcp-failed', socket: 2, reason: 'failed' }]);
  });

  it('reports nothing after a destroy, also one in the middle of a dial', async () => {
    const accepted: Socket[] = [];
    const port = await serve((socket) => accepted.push(socket));
    tcp.dial(1, LOOPBACK, port);
    tcp.destroy(1);
    tcp.dial(2, LOOPBACK, port);
    await log.next('tcp-connected');
    tcp.destroy(2);
    await log.until(() => accepted.length > 0 && accepted.every((socket) => socket.destroyed));
    expect(log.events).toEqual([{ kind: 'tcp-connected', socket: 2 }]);
  });
});

describe('ending', () => {
  it('half-closes in our direction and still receives', async () => {
    const port = await serve((socket) => {
      socket.resume();
      socket.on('end', () => socket.end('after your end'));
    });
    tcp.dial(1, LOOPBACK, port);
    await log.next('tcp-connected');
    tcp.send(1, Buffer.from('last words'));
    tcp.end(1);
    tcp.flush();
    await log.next('tcp-closed');
    expect(log.text()).toBe('after your end');
    expect(log.kinds().slice(-2)).toEqual(['tcp-ended', 'tcp-closed']);
    expect(log.all('tcp-closed')).toEqual([{ kind: 'tcp-closed', socket: 1, failure: null }]);
  });

  it('half-closes in the other direction and still sends', async () => {
    let received = '';
    const port = await serve((socket) => {
      socket.on('data', (chunk) => (received += chunk.toString()));
      socket.end('no more from me');
    });
    tcp.dial(1, LOOPBACK, port);
    await log.next('tcp-ended');
    expect(log.all('tcp-closed')).toEqual([]);
    tcp.send(1, Buffer.from('but from me'));
    tcp.end(1);
    tcp.flush();
    await log.next('tcp-closed');
    await log.until(() => received === 'but from me');
  });

  it('says that the far side has reset', async () => {
    const port = await serve((socket) => socket.once('data', () => socket.resetAndDestroy()));
    tcp.dial(1, LOOPBACK, port);
    await log.next('tcp-connected');
    tcp.send(1, Buffer.from('x'));
    tcp.flush();
    const closed = await log.next('tcp-closed');
    expect(closed.failure).toBe('reset');
  });

  it('resets when it destroys', async () => {
    const failures: string[] = [];
    const port = await serve((socket) => {
      socket.resume();
      socket.on('error', (error: NodeJS.ErrnoException) => failures.push(error.code ?? ''));
    });
    tcp.dial(1, LOOPBACK, port);
    await log.next('tcp-connected');
    tcp.destroy(1);
    await log.until(() => failures.length > 0);
    expect(failures).toEqual(['ECONNRESET']);
  });
});

describe('backpressure', () => {
  it('reports bytes as sent only as fast as a slow reader takes them', async () => {
    const totalBytes = 32 * 1024 * 1024;
    const pieceBytes = 256 * 1024;
    let accepted: Socket | null = null;
    const port = await serve((socket) => {
      accepted = socket.pause();
    });
    tcp.dial(1, LOOPBACK, port);
    await log.next('tcp-connected');
    // As the network does: no more than a window unconfirmed.
    const windowBytes = 1024 * 1024;
    const piece = new Uint8Array(pieceBytes);
    let givenBytes = 0;
    const sentBytes = (): number => log.all('tcp-sent').reduce((sum, { byteCount }) => sum + byteCount, 0);
    const give = (): void => {
      while (givenBytes < totalBytes && givenBytes - sentBytes() < windowBytes) {
        tcp.send(1, piece);
        givenBytes += pieceBytes;
      }
      tcp.flush();
    };
    for (let i = 0; i < 20; i++) {
      give();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    // The system's own buffers took a few MiB; then everything stood still with a window in our hands.
    expect(givenBytes - sentBytes()).toBe(windowBytes);
    expect(givenBytes).toBeLessThan(totalBytes);
    let readBytes = 0;
    accepted!.on('data', (chunk: Buffer) => (readBytes += chunk.byteLength));
    accepted!.resume();
    await log.until(() => {
      give();
      return sentBytes() === totalBytes && readBytes === totalBytes;
    });
  });

  it('stops reading when told to, and loses nothing', async () => {
    const content = randomBytes(16 * 1024 * 1024);
    const port = await serve((socket) => socket.end(content));
    tcp.dial(1, LOOPBACK, port);
    await log.next('tcp-data');
    tcp.setReading(1, false);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const whilePaused = log.events.length;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(log.events.length).toBe(whilePaused);
    expect(log.all('tcp-ended')).toEqual([]);
    tcp.setReading(1, true);
    await log.next('tcp-ended');
    const received = Buffer.concat(log.all('tcp-data').map(({ bytes }) => bytes));
    expect(createHash('sha256').update(received).digest('hex')).toBe(
      createHash('sha256').update(content).digest('hex'),
    );
  });
});

it('delivers single bytes in order, and keeps neither their buffers nor many writes while nobody reads', async () => {
  let peer: Socket | undefined;
  const received: Buffer[] = [];
  const port = await serve((socket) => {
    peer = socket.pause();
    socket.on('data', (chunk: Buffer) => received.push(chunk));
    socket.pause();
  });
  tcp.dial(1, LOOPBACK, port);
  await log.next('tcp-connected');
  // Fills what the systems at both ends hold by themselves.
  const filling = randomBytes(16 * 1024 * 1024);
  tcp.send(1, filling);
  tcp.flush();
  const before = process.memoryUsage();
  const count = 20_000;
  for (let i = 0; i < count; i++) {
    const frame = new Uint8Array(16 * 1024);
    frame[54] = i;
    tcp.send(1, frame.subarray(54, 55));
    tcp.flush();
  }
  const after = process.memoryUsage();
  expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(count * 16 * 1024 * 0.5);
  tcp.end(1);
  tcp.flush();
  peer?.resume();
  await log.until(() => Buffer.concat(received).byteLength === filling.byteLength + count);
  const tail = Buffer.concat(received).subarray(filling.byteLength);
  expect(tail.every((octet, i) => octet === i % 256)).toBe(true);
  expect(log.all('tcp-sent').reduce((sum, { byteCount }) => sum + byteCount, 0)).toBe(filling.byteLength + count);
  peer?.end();
});
