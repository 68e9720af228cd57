import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { HostEvent, SocketId } from '../stack/effects.ts';
import { socketFailure } from './socket-failure.ts';

/** Each is a descriptor. The network ends idle flows long before a VM that resolves names reaches it. */
const UDP_SOCKETS_MAX = 2048;

/** Datagrams that wait for the socket to be connected, which takes one turn of the event loop. */
const UNCONNECTED_MAX_DATAGRAMS = 64;

/** What the system has not taken yet; beyond it datagrams are lost, as on any busy network. */
const UNSENT_MAX_BYTES = 1024 * 1024;

interface Entry {
  readonly socket: Socket;
  /** Null once connected. */
  early: Uint8Array[] | null;
  /** Without a callback Node keeps the failures of a send to itself. */
  readonly sent: (error: Error | null) => void;
}

/** One connected socket per UDP flow, so that only its peer's answers arrive and refusals are noticed. */
export class UdpSockets {
  readonly #report: (event: HostEvent) => void;
  readonly #socketsMax: number;
  readonly #entries = new Map<SocketId, Entry>();

  constructor(report: (event: HostEvent) => void, socketsMax = UDP_SOCKETS_MAX) {
    this.#report = report;
    this.#socketsMax = socketsMax;
  }

  get count(): number {
    return this.#entries.size;
  }

  open(id: SocketId, address: string, port: number): void {
    if (this.#entries.size >= this.#socketsMax) {
      this.#report({ kind: 'udp-failed', socket: id, reason: 'failed' });
      return;
    }
    const socket = createUdpSocket(address);
    const entry: Entry = {
      socket,
      early: [],
      sent: (error) => {
        if (error) this.#failed(id, entry, error);
      },
    };
    this.#entries.set(id, entry);
    socket.on('error', (error) => this.#failed(id, entry, error));
    socket.on('message', (message) => {
      if (this.#entries.get(id) !== entry) return;
      const bytes = new Uint8Array(message.buffer, message.byteOffset, message.byteLength);
      this.#report({ kind: 'udp-message', socket: id, bytes });
    });
    connectUdp(socket, port, address, (failure) => {
      if (this.#entries.get(id) !== entry) return;
      if (failure) {
        this.#failed(id, entry, failure);
        return;
      }
      const early = entry.early ?? [];
      entry.early = null;
      for (const bytes of early) socket.send(bytes, entry.sent);
    });
  }

  send(id: SocketId, bytes: Uint8Array): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    if (entry.early) {
      if (entry.early.length < UNCONNECTED_MAX_DATAGRAMS) entry.early.push(bytes);
    } else if (entry.socket.getSendQueueSize() <= UNSENT_MAX_BYTES) entry.socket.send(bytes, entry.sent);
  }

  closeSocket(id: SocketId): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    this.#entries.delete(id);
    entry.socket.close();
  }

  close(): void {
    for (const id of [...this.#entries.keys()]) this.closeSocket(id);
  }

  #failed(id: SocketId, entry: Entry, error: Error): void {
    if (this.#entries.get(id) !== entry) return;
    this.#report({ kind: 'udp-failed', socket: id, reason: socketFailure(error) });
  }
}

/**
 * Connects a socket. Node tells the callback, in spite of its type, when the system knows no way there; whoever goes on
 * to send then is thrown an exception.
 */
export function connectUdp(
  socket: Socket,
  port: number,
  address: string,
  connected: (failure: Error | null) => void,
): void {
  socket.connect(port, address, (...[failure]: readonly unknown[]) => {
    connected(failure instanceof Error ? failure : null);
  });
}

/** A socket of the address's family that takes addresses as they are: no name is ever looked up through it. */
export function createUdpSocket(address: string): Socket {
  const isV6 = isIPv6(address);
  return createSocket({
    type: isV6 ? 'udp6' : 'udp4',
    ipv6Only: isV6,
    lookup: (literal, _options, callback) => callback(null, literal, isV6 ? 6 : 4),
  });
}
