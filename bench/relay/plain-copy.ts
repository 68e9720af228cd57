import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { SUPER_FRAME_BYTES } from '../../src/shared/link/frame-link.ts';

/** What may wait for the WebSocket before the TCP socket is not read any more. */
const BACKLOG_BYTES = 1024 * 1024;

/**
 * The baseline: a server that copies WebSocket messages to a TCP socket and back, and does nothing else. `open PORT`
 * connects and is answered with `opened`, `end` half-closes, and so does the far side. One connection at a time.
 */
export class PlainCopy {
  private readonly http: Server;

  private constructor(http: Server) {
    this.http = http;
  }

  static async listen(): Promise<PlainCopy> {
    const http = createServer();
    const server = new WebSocketServer({ server: http, perMessageDeflate: false, maxPayload: SUPER_FRAME_BYTES });
    server.on('connection', (ws, request) => {
      const messageBytes = Number(new URL(request.url ?? '', 'ws://plain').searchParams.get('messageBytes'));
      copy(ws, messageBytes);
    });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    return new PlainCopy(http);
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.http.address() as AddressInfo).port}/`;
  }
}

function copy(ws: WebSocket, messageBytes: number): void {
  let socket: Socket | null = null;
  ws.on('message', (data, isBinary) => {
    if (!(data instanceof Buffer)) return;
    if (isBinary) {
      if (socket?.write(data) === false) ws.pause();
      return;
    }
    const [word, port] = data.toString().split(' ');
    if (word === 'end') socket?.end();
    if (word === 'abort') socket?.resetAndDestroy();
    if (word === 'open') {
      socket?.destroy();
      socket = open(ws, Number(port), messageBytes);
    }
  });
  ws.on('close', () => socket?.destroy());
}

function open(ws: WebSocket, port: number, messageBytes: number): Socket {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true, allowHalfOpen: true });
  const send = (data: Uint8Array): void => {
    ws.send(data, { binary: true }, () => {
      if (socket.isPaused() && ws.bufferedAmount < BACKLOG_BYTES / 2) socket.resume();
    });
  };
  socket.on('connect', () => ws.send('opened'));
  socket.on('drain', () => ws.resume());
  socket.on('data', (chunk) => {
    for (let at = 0; at < chunk.byteLength; at += messageBytes) send(chunk.subarray(at, at + messageBytes));
    if (ws.bufferedAmount >= BACKLOG_BYTES) socket.pause();
  });
  socket.on('end', () => ws.send('ended'));
  socket.on('error', () => ws.close());
  return socket;
}
