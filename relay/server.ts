import { randomBytes } from 'node:crypto';
import { createServer, STATUS_CODES, type IncomingMessage, type Server } from 'node:http';
import { isIPv6 } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { ETHERNET_FRAME_BYTES, isFrameBound, SUPER_FRAME_BYTES } from '../src/shared/link/frame-link.ts';
import type { NetworkSettings } from '../src/shared/model/network.ts';
import { err, ok, type Result } from '../src/shared/result.ts';
import { listenFailure } from './host/listeners.ts';
import type { Relay, RelayLink, VmIdentity } from './relay.ts';
import { LINKS_MAX } from './stack/network.ts';
import { TokenTable } from './token-table.ts';
import { webSocketLink } from './websocket-link.ts';

export interface RelayServerOptions {
  readonly relay: Relay;
  /** 0 for any free port. */
  readonly port: number;
  /** 127.0.0.1 unless the person wants other computers to reach it: the traffic is not encrypted. */
  readonly host?: string;
  /** Web pages (`https://example.org`) that may connect; a program that is no browser sends no origin. */
  readonly allowedOrigins?: readonly string[];
  /** A VM has come, or come again. */
  readonly onAttach?: (link: RelayLink) => void;
}

/** Enough for every VM, twice, while old connections are on their way out. */
const CONNECTIONS_MAX = 512;

/** 128 bits cannot be guessed. */
const TOKEN_BYTES = 16;

/** A client that has not asked for anything by then is not a VM. */
const REQUEST_TIMEOUT_MS = 10_000;

const KEEP_ALIVE_MS = 30_000;

/** RFC 6455, 7.4.2: codes from 4000 on are the application's. */
const CLOSE_REPLACED = 4001;
const CLOSE_GOING_AWAY = 1001;

interface Seat {
  readonly vm: VmIdentity;
  settings: NetworkSettings;
  link: RelayLink | null;
  ws: WebSocket | null;
}

/** VMs reach the relay here over WebSocket: those of the command line, and any other v86. */
export class RelayServer {
  readonly #options: RelayServerOptions;
  readonly #http: Server;
  readonly #sockets: WebSocketServer;
  readonly #seats = new Map<string, Seat>();
  readonly #tokens = new TokenTable();
  /** Connections turned away, by the HTTP status they were told. */
  readonly refused = new Map<number, number>();

  private constructor(options: RelayServerOptions) {
    this.#options = options;
    this.#http = createServer({ requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS });
    this.#http.maxConnections = CONNECTIONS_MAX;
    this.#sockets = new WebSocketServer({
      noServer: true,
      clientTracking: true,
      perMessageDeflate: false,
      // One who asks on and on and reads nothing would have answers pile up; see webSocketLink.
      autoPong: false,
      maxPayload: SUPER_FRAME_BYTES,
    });
    this.#http.on('request', (_request, response) => {
      response.writeHead(426, { 'Content-Type': 'text/plain', Connection: 'close', Upgrade: 'websocket' });
      response.end('This is a network for virtual machines. It speaks WebSocket.\n');
    });
    this.#http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  static listen(options: RelayServerOptions): Promise<Result<RelayServer>> {
    const host = options.host ?? '127.0.0.1';
    const server = new RelayServer(options);
    return new Promise((resolve) => {
      const fail = (error: Error): void => resolve(err('io', listenFailure('tcp', host, options.port, error)));
      server.#http.once('error', fail);
      server.#http.listen({ host, port: options.port, exclusive: true }, () => {
        server.#http.off('error', fail);
        // From here on: connections that could not be taken. Later ones may be.
        server.#http.on('error', () => server.#count(503));
        resolve(ok(server));
      });
    });
  }

  get port(): number {
    const bound = this.#http.address();
    return typeof bound === 'object' && bound !== null ? bound.port : this.#options.port;
  }

  /**
   * Lets a VM in.
   * @param settings checked with `readSettings`
   * @param token a secret of the caller's choice; a random one unless given
   * @returns the address to give to the VM as its `relay_url`
   */
  addVm(vm: VmIdentity, settings: NetworkSettings, token = randomBytes(TOKEN_BYTES).toString('hex')): string {
    this.removeVm(vm.id);
    this.#seats.set(vm.id, { vm, settings, link: null, ws: null });
    this.#tokens.set(vm.id, token);
    const host = this.#options.host ?? '127.0.0.1';
    return `ws://${isIPv6(host) ? `[${host}]` : host}:${this.port}/?token=${encodeURIComponent(token)}`;
  }

  /** @param settings checked with `readSettings` */
  configure(vmId: string, settings: NetworkSettings): void {
    const seat = this.#seats.get(vmId);
    if (!seat) return;
    seat.settings = settings;
    seat.link?.configure(settings);
  }

  /** Null while the VM is not connected. */
  linkOf(vmId: string): RelayLink | null {
    const link = this.#seats.get(vmId)?.link ?? null;
    return link?.isAttached === true ? link : null;
  }

  removeVm(vmId: string): void {
    const seat = this.#seats.get(vmId);
    this.#seats.delete(vmId);
    this.#tokens.delete(vmId);
    seat?.link?.detach();
  }

  /** Sends every VM away and frees the port. The relay lives on. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#http.close(() => resolve()));
    for (const ws of this.#sockets.clients) ws.close(CLOSE_GOING_AWAY);
    for (const vmId of [...this.#seats.keys()]) this.removeVm(vmId);
    // A VM that stands still would never answer the closing handshake.
    for (const ws of this.#sockets.clients) ws.terminate();
    this.#http.closeAllConnections();
    await closed;
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const { origin } = request.headers;
    if (origin !== undefined && !(this.#options.allowedOrigins ?? []).includes(origin)) {
      return this.#refuse(
        socket,
        403,
        'This web page is not allowed here. Start the relay with --allow-origin for it.',
      );
    }
    const url = readUrl(request.url);
    if (url === null) return this.#refuse(socket, 400, 'The address cannot be understood.');
    const vmId = this.#tokens.find(url.token);
    const seat = vmId === null ? undefined : this.#seats.get(vmId);
    if (!seat) return this.#refuse(socket, 401, 'The token in the address is not one the relay knows.');
    if (url.maxFrameBytes === null) {
      const range = `${ETHERNET_FRAME_BYTES} to ${SUPER_FRAME_BYTES}`;
      return this.#refuse(socket, 400, `maxFrame is a number of bytes from ${range}.`);
    }
    if (!seat.link?.isAttached && this.#options.relay.counts.links >= LINKS_MAX) {
      return this.#refuse(socket, 503, `${LINKS_MAX} VMs are on the network already.`);
    }
    const { maxFrameBytes } = url;
    this.#sockets.handleUpgrade(request, socket, head, (ws) => {
      const tcp = request.socket;
      tcp.setNoDelay(true);
      tcp.setKeepAlive(true, KEEP_ALIVE_MS);
      const link = webSocketLink(ws, tcp, maxFrameBytes);
      seat.ws?.close(CLOSE_REPLACED, 'The VM has connected anew.');
      seat.link?.detach();
      seat.ws = ws;
      seat.link = this.#options.relay.attach(link, { vm: seat.vm, settings: seat.settings });
      this.#options.onAttach?.(seat.link);
    });
  }

  #refuse(socket: Duplex, status: number, sentence: string): void {
    this.#count(status);
    const body = `${sentence}\n`;
    // HTTP's own time limits end with the upgrade: without this, one who does not hang up keeps his place for ever.
    socket.once('finish', () => socket.destroy());
    socket.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\nContent-Type: text/plain\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
  }

  #count(status: number): void {
    this.refused.set(status, (this.refused.get(status) ?? 0) + 1);
  }
}

/** The token stands in the query or is the path; `maxFrame` is null when it makes no sense. */
function readUrl(text: string | undefined): { token: string; maxFrameBytes: number | null } | null {
  const base = 'ws://relay';
  if (text === undefined || !URL.canParse(text, base)) return null;
  const url = new URL(text, base);
  const maxFrame = url.searchParams.get('maxFrame');
  const bytes = maxFrame === null ? ETHERNET_FRAME_BYTES : Number(maxFrame);
  return {
    token: url.searchParams.get('token') ?? url.pathname.slice(1),
    maxFrameBytes: isFrameBound(bytes) ? bytes : null,
  };
}
