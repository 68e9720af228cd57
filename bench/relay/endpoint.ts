import { createHash, randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

const block = randomFillSync(new Uint8Array(8 * 1024 * 1024));
const PIECE_BYTES = 256 * 1024;
const REQUEST_BYTES = 8;
/** What Node reads from a socket at a time. */
const CHARGEN_PIECE_BYTES = 64 * 1024;

/** The last three as RFC 862, 863 and 864 have them. */
const SERVICES = { sink, source, echo, discard, chargen } as const;
type ServiceName = keyof typeof SERVICES;

/** What the guests connect to, on loopback in this process: one port for each service. */
export class Endpoint {
  readonly ports: Readonly<Record<ServiceName, number>>;
  private readonly servers: readonly Server[];

  private constructor(servers: readonly Server[], ports: Readonly<Record<ServiceName, number>>) {
    this.servers = servers;
    this.ports = ports;
  }

  static async listen(): Promise<Endpoint> {
    const servers: Server[] = [];
    const serve = async (name: ServiceName): Promise<number> => {
      const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
        // Guests break connections off at the end of a measurement; that needs no answer.
        socket.on('error', () => socket.destroy());
        SERVICES[name](socket);
      });
      servers.push(server);
      server.listen({ host: '127.0.0.1', port: 0, backlog: 1024 });
      await once(server, 'listening');
      return (server.address() as AddressInfo).port;
    };
    const ports = {
      sink: await serve('sink'),
      source: await serve('source'),
      echo: await serve('echo'),
      discard: await serve('discard'),
      chargen: await serve('chargen'),
    };
    return new Endpoint(servers, ports);
  }

  async close(): Promise<void> {
    await Promise.all(this.servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}

/** Takes everything and answers with its hash. */
function sink(socket: Socket): void {
  const hash = createHash('sha256');
  socket.on('data', (chunk) => hash.update(chunk));
  socket.on('end', () => socket.end(hash.digest()));
}

/** Is asked for a number of bytes (64 bits, big endian), sends them, then their hash. */
function source(socket: Socket): void {
  socket.once('data', (request) => {
    if (request.byteLength < REQUEST_BYTES) return socket.destroy();
    const byteCount = Number(request.readBigUInt64BE(0));
    const hash = createHash('sha256');
    let sent = 0;
    const pump = (): void => {
      while (sent < byteCount) {
        const at = sent % block.byteLength;
        const piece = block.subarray(at, at + Math.min(PIECE_BYTES, byteCount - sent));
        sent += piece.byteLength;
        hash.update(piece);
        if (sent === byteCount) {
          socket.write(piece);
          socket.end(hash.digest());
        } else if (!socket.write(piece)) return;
      }
    };
    socket.on('drain', pump);
    pump();
  });
}

function echo(socket: Socket): void {
  socket.pipe(socket);
}

function discard(socket: Socket): void {
  socket.resume();
  socket.on('end', () => socket.end());
}

/** Sends without end, a piece in each turn of the event loop: a faster reader gets no more turns than a slow one. */
function chargen(socket: Socket): void {
  const piece = block.subarray(0, CHARGEN_PIECE_BYTES);
  const sendNext = (): void => {
    if (!socket.destroyed) socket.write(piece, () => setImmediate(sendNext));
  };
  socket.resume();
  sendNext();
}
