import { newCounters, SUPER_FRAME_BYTES, type FrameLink } from '../shared/link/frame-link.ts';
import type { FetchAdapter, FetchConnection } from './v86-internals.ts';

/** v86 keeps a request whole until it has all of it; the largest that is not a mistake or an attack. */
const REQUEST_MAX_BYTES = 64 * 1024 * 1024;
/** v86 keeps what the host sent until the guest has taken it; with this much the host has to wait. */
const ANSWER_AHEAD_BYTES = 1024 * 1024;
const LOOK_MS = 5;
/** A guest that opens more has lost count: each costs memory of the host. */
const CONNECTIONS_MAX = 1024;

/** They speak of one connection, and there are two here (RFC 9110, 7.6.1); Node's fetch refuses some of them. */
const HOP_HEADERS = ['connection', 'expect', 'keep-alive', 'proxy-connection', 'te', 'transfer-encoding', 'upgrade'];

/**
 * A link to v86's own network without a relay: it answers ARP, DHCP, DNS and ping itself and carries out the guest's
 * HTTP requests with `fetch`. Taken off v86's bus, because the card has to deliver the frames (num_buffers), and kept
 * from what would end the whole worker: frames it cannot parse, requests that are no URL, answers that break off.
 *
 * @param adapter of an emulator of its own, not used before
 * @param onConnection calls back for every TCP connection of the guest, after the adapter has looked at it
 */
export function fetchLink(
  adapter: FetchAdapter,
  onConnection: (listener: (connection: FetchConnection) => void) => void,
): FrameLink {
  const counters = newCounters();
  let frameListener: (frame: Uint8Array) => void = () => undefined;
  let closeListener: () => void = () => undefined;
  let isOpen = true;
  /** Whose request is being read: the adapter calls `fetch` while it takes the last bytes of one. */
  let asking: FetchConnection | null = null;

  const carryOut = adapter.send.bind(adapter);
  // The bus brings it every frame of the guest, before the card has completed it.
  adapter.send = () => undefined;
  adapter.receive = (frame) => {
    if (!isOpen) return;
    counters.framesReceived += 1;
    counters.bytesReceived += frame.byteLength;
    // All its frames are made in one buffer.
    frameListener(frame.slice());
  };
  const request = adapter.fetch;
  adapter.fetch = async (url, options) => {
    const connection = asking;
    for (const name of HOP_HEADERS) options.headers.delete(name);
    try {
      const response = await request(url, options);
      return connection ? paced(response, connection) : response;
    } catch (cause) {
      // To the guest it is what a proxy says; the adapter would also print it here.
      return new Response(`${url} cannot be reached: ${reason(cause)}\n`, { status: 502, statusText: 'Bad Gateway' });
    }
  };

  onConnection((connection) => {
    const read = connection.events_handlers.data;
    // Not on the port of HTTP, so the guest is told that nobody listens there.
    if (!read) return;
    // What it sends next is answered with a reset.
    if (Object.keys(adapter.tcp_conn).length > CONNECTIONS_MAX) connection.release();
    let requestBytes = 0;
    connection.on('data', (bytes) => {
      requestBytes += bytes.byteLength;
      if (requestBytes > REQUEST_MAX_BYTES) {
        reset(connection);
        return;
      }
      asking = connection;
      // A request line or Host that is no address.
      read.call(connection, bytes).catch(() => reset(connection));
      asking = null;
    });
  });

  return {
    send: (frame) => {
      if (!isOpen) return;
      counters.framesSent += 1;
      counters.bytesSent += frame.byteLength;
      try {
        carryOut(frame);
      } catch {
        // It reads a frame without asking how long it is.
        counters.malformed += 1;
      }
    },
    onFrame: (listener) => {
      frameListener = listener;
    },
    onClose: (listener) => {
      closeListener = listener;
    },
    close: () => {
      if (!isOpen) return;
      isOpen = false;
      closeListener();
    },
    // Segments longer than the MTU are to it like any others.
    maxFrameBytes: SUPER_FRAME_BYTES,
    announce: () => undefined,
    backlogBytes: 0,
    counters,
  };
}

/** An answer whose body is read as fast as the guest takes it, and that breaks off at the guest as it does here. */
function paced(response: Response, connection: FetchConnection): Response {
  const reader = response.body?.getReader();
  if (!reader) return response;
  const body = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        try {
          while (connection.send_buffer.length > ANSWER_AHEAD_BYTES && isKnown(connection)) {
            await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
          }
          // When the guest has ended it, nobody waits for the rest.
          if (!isKnown(connection)) await reader.cancel();
          const { value, done } = await reader.read();
          if (done) controller.close();
          else controller.enqueue(value);
        } catch {
          // Ended properly, the part would look like all of it: there is no length in the answer that v86 makes.
          reset(connection);
          controller.close();
        }
      },
    },
    { highWaterMark: 0 },
  );
  const { status, statusText, headers, url, redirected } = response;
  const answer = new Response(body, { status, statusText, headers });
  // The adapter tells the guest both.
  return Object.defineProperties(answer, { url: { value: url }, redirected: { value: redirected } });
}

function isKnown(connection: FetchConnection): boolean {
  return connection.net.tcp_conn[connection.tuple] === connection;
}

/** Ends a connection with RST: in the closed state that is what the adapter answers a segment with. */
function reset(connection: FetchConnection): void {
  if (!isKnown(connection)) return;
  // Behind the one segment that may be on its way, else the guest would not take it (RFC 9293, 3.10.7.4).
  if (connection.pending) connection.seq += Math.min(connection.send_buffer.length, connection.send_chunk_buf.length);
  connection.state = 'closed';
  connection.process(connection.last);
  connection.release();
}

/** `fetch` itself only says that it failed. */
function reason(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.cause instanceof Error ? reason(cause.cause) : cause.message;
}
