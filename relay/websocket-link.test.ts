import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:http';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { LINK_WINDOW_BYTES, type FrameLink } from '../src/shared/link/frame-link.ts';
import { until } from './frame-guest.fixture.ts';
import { webSocketLink } from './websocket-link.ts';

const http = createServer();
let sockets: WebSocketServer;
let client: WebSocket;
let link: FrameLink;

beforeEach(async () => {
  sockets = new WebSocketServer({ noServer: true });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const ready = new Promise<void>((resolve) => {
    http.once('upgrade', (request, socket, head) => {
      sockets.handleUpgrade(request, socket, head, (ws) => {
        link = webSocketLink(ws, request.socket, 1514);
        resolve();
      });
    });
  });
  client = new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}/`);
  await Promise.all([ready, once(client, 'open')]);
});

afterEach(() => {
  client.terminate();
  http.close();
});

const frame = (bytes: number, fill = 0): Uint8Array => new Uint8Array(bytes).fill(fill);

it('drops frames for a VM that does not read, instead of keeping them', async () => {
  client.pause();
  const sent = 40_000;
  const bytesBefore = process.memoryUsage().arrayBuffers;
  for (let i = 0; i < sent; i++) {
    link.send(frame(1514));
    if (i % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  expect(link.counters.framesDropped).toBeGreaterThan(sent / 4);
  expect(link.counters.framesDropped + link.counters.framesSent).toBe(sent);
  expect(link.backlogBytes).toBeLessThanOrEqual(LINK_WINDOW_BYTES);
  expect(process.memoryUsage().arrayBuffers - bytesBefore).toBeLessThan(64 * 1024 * 1024);
  // It takes frames again as soon as the VM reads.
  client.resume();
  await until(() => link.backlogBytes === 0);
  const dropped = link.counters.framesDropped;
  link.send(frame(1514));
  expect(link.counters.framesDropped).toBe(dropped);
});

it('sends the frames of one turn in order, each its own message', async () => {
  const received: number[] = [];
  client.on('message', (data: Buffer) => received.push(data[0] ?? -1));
  for (let i = 0; i < 200; i++) link.send(frame(60, i));
  await until(() => received.length === 200);
  expect(received).toEqual(Array.from({ length: 200 }, (_, i) => i));
});

it('drops what the VM does not take', () => {
  link.send(frame(1515));
  link.send(frame(13));
  expect(link.counters).toMatchObject({ framesSent: 0, framesDropped: 2 });
});

it('ends once, whoever ends it, and drops frames afterwards', async () => {
  let ended = 0;
  link.onClose(() => (ended += 1));
  client.close();
  await until(() => ended > 0);
  link.close();
  link.send(frame(60));
  expect(ended).toBe(1);
  expect(link.counters.framesDropped).toBe(1);
});
