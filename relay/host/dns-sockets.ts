import { connect } from 'node:net';
import type { HostEvent, SocketId } from '../stack/effects.ts';
import type { DnsServer } from './host-network.ts';
import { connectUdp, createUdpSocket } from './udp-sockets.ts';

/** Each is a descriptor for at most a few seconds. */
const QUERIES_MAX = 512;

/** A message on TCP stands behind its length (RFC 1035, 4.2.2). */
const LENGTH_BYTES = 2;

interface Query {
  readonly close: () => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * Asks the host's DNS servers. Every question has a socket of its own, connected to the server: the system picks a
 * fresh random port (RFC 5452) and takes answers from nobody else.
 */
export class DnsSockets {
  readonly #report: (event: HostEvent) => void;
  readonly #servers: () => readonly DnsServer[];
  readonly #queriesMax: number;
  readonly #queries = new Map<SocketId, Query>();

  /** @param servers the servers at the moment of a question; they change when a laptop changes its network */
  constructor(report: (event: HostEvent) => void, servers: () => readonly DnsServer[], queriesMax = QUERIES_MAX) {
    this.#report = report;
    this.#servers = servers;
    this.#queriesMax = queriesMax;
  }

  get count(): number {
    return this.#queries.size;
  }

  ask(id: SocketId, serverIndex: number, transport: 'udp' | 'tcp', message: Uint8Array, timeoutMs: number): void {
    const servers = this.#servers();
    const server = servers[serverIndex % servers.length];
    if (!server || this.#queries.size >= this.#queriesMax) {
      this.#report({ kind: 'dns-failed', socket: id });
      return;
    }
    const close = transport === 'udp' ? this.#askUdp(id, server, message) : this.#askTcp(id, server, message);
    const timer = setTimeout(() => this.#finish(id, null), timeoutMs);
    this.#queries.set(id, { close, timer });
  }

  /** No event follows. */
  cancel(id: SocketId): void {
    const query = this.#queries.get(id);
    if (!query) return;
    this.#queries.delete(id);
    clearTimeout(query.timer);
    query.close();
  }

  close(): void {
    for (const id of [...this.#queries.keys()]) this.cancel(id);
  }

  #askUdp(id: SocketId, server: DnsServer, message: Uint8Array): () => void {
    const socket = createUdpSocket(server.address);
    socket.on('error', () => this.#finish(id, null));
    socket.on('message', (answer) => {
      // A forged answer with another id must not end the wait for the true one.
      if (answer[0] === message[0] && answer[1] === message[1]) this.#finish(id, plainBytes(answer));
    });
    connectUdp(socket, server.port, server.address, (failure) => {
      if (!this.#queries.has(id)) return;
      if (failure) {
        this.#finish(id, null);
        return;
      }
      socket.send(message, (error) => {
        if (error) this.#finish(id, null);
      });
    });
    return () => socket.close();
  }

  #askTcp(id: SocketId, server: DnsServer, message: Uint8Array): () => void {
    const socket = connect({ host: server.address, port: server.port, noDelay: true, autoSelectFamily: false });
    const question = new Uint8Array(LENGTH_BYTES + message.byteLength);
    new DataView(question.buffer).setUint16(0, message.byteLength);
    question.set(message, LENGTH_BYTES);
    socket.on('connect', () => socket.write(question));
    const chunks: Buffer[] = [];
    let receivedBytes = 0;
    /** Where the answer ends; known with its first two bytes. At most 64 KiB, so that is what a server can make us keep. */
    let endBytes: number | null = null;
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      receivedBytes += chunk.byteLength;
      if (receivedBytes < (endBytes ?? LENGTH_BYTES)) return;
      const received = Buffer.concat(chunks);
      endBytes ??= LENGTH_BYTES + received.readUInt16BE(0);
      if (receivedBytes >= endBytes) this.#finish(id, plainBytes(received.subarray(LENGTH_BYTES, endBytes)));
    });
    // The error, if any, says nothing that the missing answer does not.
    socket.on('error', () => this.#finish(id, null));
    socket.on('close', () => this.#finish(id, null));
    return () => socket.destroy();
  }

  #finish(id: SocketId, answer: Uint8Array | null): void {
    if (!this.#queries.has(id)) return;
    this.cancel(id);
    if (answer) this.#report({ kind: 'dns-answer', socket: id, message: answer });
    else this.#report({ kind: 'dns-failed', socket: id });
  }
}

function plainBytes(bytes: Buffer): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
