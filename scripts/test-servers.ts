import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { generate } from 'selfsigned';
import { WebSocketServer } from 'ws';

const LOOPBACK = '127.0.0.1';

/** Servers for one test or one file of tests, on this computer's loopback, each on a port of its own. */
export class TestServers {
  private readonly closers: (() => void)[] = [];

  /** @returns the port, as for all of them */
  async http(listener: RequestListener): Promise<number> {
    const server = createHttpServer(listener);
    this.closers.push(() => server.closeAllConnections());
    return this.listen(server);
  }

  async https(listener: RequestListener, { key, cert }: ServerCertificate): Promise<number> {
    const server = createHttpsServer({ key, cert }, listener);
    this.closers.push(() => server.closeAllConnections());
    return this.listen(server);
  }

  /** Connections stay half open until the test ends them; one that breaks is only forgotten. */
  async tcp(onConnection: (socket: Socket) => void): Promise<number> {
    const server = createTcpServer({ allowHalfOpen: true }, (socket) => {
      this.closers.push(() => socket.destroy());
      socket.on('error', () => socket.destroy());
      onConnection(socket);
    });
    return this.listen(server);
  }

  /** Says every message back. */
  async webSocketEcho(): Promise<number> {
    const server = createHttpServer();
    const sockets = new WebSocketServer({ server });
    sockets.on('connection', (socket) => {
      this.closers.push(() => socket.terminate());
      socket.on('message', (message, isBinary) => socket.send(message, { binary: isBinary }));
    });
    return this.listen(server);
  }

  /** For what else has to end with the servers. */
  onClose(close: () => void): void {
    this.closers.push(close);
  }

  close(): void {
    for (const close of this.closers.splice(0)) close();
  }

  private async listen(server: Server): Promise<number> {
    this.closers.push(() => server.close());
    server.listen(0, LOOPBACK);
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }
}

/** A port on which nobody listened a moment ago. */
export async function freePort(): Promise<number> {
  const server = createTcpServer();
  server.listen(0, LOOPBACK);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export interface ServerCertificate {
  readonly key: string;
  readonly cert: string;
  /** The authority that signed it, which nobody knows. */
  readonly authority: string;
}

/** A certificate for host names, signed by a certificate authority made for it. */
export async function makeCertificate(names: readonly string[]): Promise<ServerCertificate> {
  const kind = { keyType: 'ec', curve: 'P-256', algorithm: 'sha256' } as const;
  const authority = await generate([{ name: 'commonName', value: 'Authority of a test' }], {
    ...kind,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, critical: true },
    ],
  });
  const server = await generate([{ name: 'commonName', value: names[0] ?? '' }], {
    ...kind,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: names.map((value) => ({ type: 2 as const, value })),
      },
    ],
  });
  return { key: server.private, cert: server.cert, authority: authority.cert };
}
