import { once } from 'node:events';
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';

/** A WebSocket of a guest. What is sent in one turn of the event loop goes to the system together. */
export class ClientSocket {
  readonly ws: WebSocket;
  private readonly socket: Socket;
  private isCorked = false;

  private constructor(ws: WebSocket, socket: Socket) {
    this.ws = ws;
    this.socket = socket;
  }

  static async open(url: string): Promise<ClientSocket> {
    const ws = new WebSocket(url, { perMessageDeflate: false, maxPayload: 128 * 1024 });
    const upgraded = new Promise<Socket>((resolve) => {
      ws.once('upgrade', (response) => resolve(response.socket));
    });
    await once(ws, 'open');
    return new ClientSocket(ws, await upgraded);
  }

  send(bytes: Uint8Array, sent?: () => void): void {
    if (!this.isCorked) {
      this.isCorked = true;
      this.socket.cork();
      queueMicrotask(() => {
        this.isCorked = false;
        this.socket.uncork();
      });
    }
    this.ws.send(bytes, { binary: true, compress: false }, sent);
  }
}
