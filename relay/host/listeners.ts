import type { Socket as UdpSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import type { HostEvent, ListenerId, SocketId, UdpPeer } from '../stack/effects.ts';
import { errorCode } from './socket-failure.ts';
import { KEEP_ALIVE_MS, type TcpSockets } from './tcp-sockets.ts';
import { createUdpSocket } from './udp-sockets.ts';

/** Every VM may have 64 forwards, but a host has only so many ports a person wants to give away. */
const LISTENERS_MAX = 1024;

/** Connections the system holds ready for one forward before it refuses more. */
const BACKLOG = 128;

/** Replies the system has not taken yet; beyond it datagrams are lost, as on any busy network. */
const UDP_UNSENT_MAX_BYTES = 1024 * 1024;

/**
 * A port in use is tried once more after this: a forward that moves from one VM to another, or a relay that is started
 * again, may come before the system has let go of it.
 */
const RETRY_MS = 200;

type Listening =
  { readonly protocol: 'tcp'; readonly server: Server } | { readonly protocol: 'udp'; socket: UdpSocket };

/** Ports of the host that lead to a VM. Connections become sockets of {@link TcpSockets} under negative ids. */
export class Listeners {
  readonly #report: (event: HostEvent) => void;
  readonly #tcp: TcpSockets;
  readonly #listenersMax: number;
  readonly #listeners = new Map<ListenerId, Listening>();
  #lastSocket: SocketId = 0;

  constructor(report: (event: HostEvent) => void, tcp: TcpSockets, listenersMax = LISTENERS_MAX) {
    this.#report = report;
    this.#tcp = tcp;
    this.#listenersMax = listenersMax;
  }

  get count(): number {
    return this.#listeners.size;
  }

  listen(id: ListenerId, protocol: 'tcp' | 'udp', address: string, port: number): void {
    if (this.#listeners.size >= this.#listenersMax) {
      const message = `The network already listens on ${this.#listenersMax} ports. Remove forwards you no longer need.`;
      this.#report({ kind: 'listen-failed', listener: id, message });
    } else if (protocol === 'tcp') this.#listenTcp(id, address, port);
    else this.#listenUdp(id, address, port);
  }

  /** Closes the port; connections that were taken live on. No event follows. */
  unlisten(id: ListenerId): void {
    const listening = this.#listeners.get(id);
    if (!listening) return;
    this.#listeners.delete(id);
    if (listening.protocol === 'tcp') listening.server.close();
    else listening.socket.close();
  }

  reply(id: ListenerId, peer: UdpPeer, bytes: Uint8Array): void {
    const listening = this.#listeners.get(id);
    if (listening?.protocol !== 'udp') return;
    const { socket } = listening;
    if (socket.getSendQueueSize() > UDP_UNSENT_MAX_BYTES) return;
    socket.send(bytes, peer.port, peer.address);
  }

  close(): void {
    for (const id of [...this.#listeners.keys()]) this.unlisten(id);
  }

  #listenTcp(id: ListenerId, address: string, port: number): void {
    const server = createServer({
      pauseOnConnect: true,
      allowHalfOpen: true,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_MS,
    });
    const listening: Listening = { protocol: 'tcp', server };
    this.#listeners.set(id, listening);
    const listen = (): void => void server.listen({ host: address, port, backlog: BACKLOG, exclusive: true });
    let mayRetry = true;
    server.on('connection', (socket) => this.#accept(id, listening, socket));
    server.on('error', (error) => {
      if (this.#listeners.get(id) !== listening) return;
      if (mayRetry && errorCode(error) === 'EADDRINUSE') {
        mayRetry = false;
        setTimeout(() => {
          if (this.#listeners.get(id) === listening) listen();
        }, RETRY_MS);
      } else this.#failed(id, listening, 'tcp', address, port, error);
    });
    server.on('listening', () => {
      // Taken back while Node was still on its way to the port.
      if (this.#listeners.get(id) !== listening) server.close();
      else this.#report({ kind: 'listening', listener: id, port: boundPort(server) });
    });
    listen();
  }

  #accept(id: ListenerId, listening: Listening, socket: Socket): void {
    const { remoteAddress, remotePort } = socket;
    const isWanted = this.#listeners.get(id) === listening && this.#tcp.hasRoom;
    if (!isWanted || remoteAddress === undefined || remotePort === undefined) {
      socket.on('error', () => socket.destroy());
      socket.resetAndDestroy();
      return;
    }
    this.#lastSocket -= 1;
    this.#tcp.adopt(this.#lastSocket, socket);
    const peer = { address: remoteAddress, port: remotePort };
    this.#report({ kind: 'tcp-accepted', listener: id, socket: this.#lastSocket, peer });
  }

  #listenUdp(id: ListenerId, address: string, port: number): void {
    const socket = createUdpSocket(address);
    const listening: Listening = { protocol: 'udp', socket };
    this.#listeners.set(id, listening);
    socket.on('message', (message, from) => {
      if (this.#listeners.get(id) !== listening) return;
      const bytes = new Uint8Array(message.buffer, message.byteOffset, message.byteLength);
      const peer = { address: from.address, port: from.port };
      this.#report({ kind: 'udp-received', listener: id, peer, bytes });
    });
    let isBound = false;
    // Once bound, an error concerns one reply that could not be sent: lost, as datagrams may be.
    socket.on('error', (error) => {
      if (!isBound) this.#failed(id, listening, 'udp', address, port, error);
    });
    socket.bind({ address, port, exclusive: true }, () => {
      isBound = true;
      if (this.#listeners.get(id) !== listening) return;
      this.#report({ kind: 'listening', listener: id, port: socket.address().port });
    });
  }

  #failed(id: ListenerId, listening: Listening, protocol: string, address: string, port: number, error: Error): void {
    if (this.#listeners.get(id) !== listening) return;
    // A listening server also reports connections it could not take (no descriptors left): the next may work again.
    if (listening.protocol === 'tcp' && listening.server.listening) return;
    this.#listeners.delete(id);
    if (listening.protocol === 'udp') listening.socket.close();
    this.#report({ kind: 'listen-failed', listener: id, message: listenFailure(protocol, address, port, error) });
  }
}

function boundPort(server: Server): number {
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? bound.port : 0;
}

/** Why a port could not be opened, and what to do about it. */
export function listenFailure(protocol: string, address: string, port: number, error: unknown): string {
  const place = `${protocol.toUpperCase()} port ${port} of ${address}`;
  switch (errorCode(error)) {
    case 'EADDRINUSE':
      return `${place} is in use by another program. Choose another port, or end that program.`;
    case 'EACCES':
      return `${place} may not be opened by your user. Choose a port of 1024 or above.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EINVAL':
      return `${place} cannot be opened: this computer does not have that address.`;
    default:
      return `${place} cannot be opened: ${error instanceof Error ? error.message : String(error)}`;
  }
}
