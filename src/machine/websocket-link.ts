import {
  ETHERNET_FRAME_BYTES,
  FRAME_MIN_BYTES,
  LINK_WINDOW_BYTES,
  newCounters,
  type FrameLink,
} from '../shared/link/frame-link.ts';

/** The part of a WebSocket the link needs: the browser's and the one of `ws` both have it. */
export interface WebSocketLike {
  binaryType: string;
  readonly readyState: number;
  readonly bufferedAmount: number;
  send(bytes: Uint8Array): void;
  close(): void;
  addEventListener(event: 'open' | 'error', listener: () => void): void;
  addEventListener(event: 'close', listener: (event: { readonly code?: number }) => void): void;
  addEventListener(event: 'message', listener: (event: { readonly data: unknown }) => void): void;
}

const OPEN = 1;
/** Somebody else came with the same token: taking the place back at once would go on for ever. */
const CLOSE_REPLACED = 4001;
/** The first attempt after a loss comes soon: a relay that was restarted is back within a second. */
const RETRY_MIN_MS = 100;
/** Later ones rarely: a relay that stays away costs next to nothing. */
const RETRY_MAX_MS = 5_000;

export interface WebSocketLinkOptions {
  /** The relay's address with the VM's token. The longest frame the machine takes is added to it. */
  readonly url: string;
  readonly open: (url: string) => WebSocketLike;
  /** Runs later; returns a function that cancels. */
  readonly timer: (afterMs: number, run: () => void) => () => void;
  /** The longest frame the machine takes, until it announces another. */
  readonly takes?: number;
}

/**
 * A link over a WebSocket, one frame a message, as the relay's server speaks it. When the connection is lost it is made
 * anew, by and by less often, until `close`; frames sent meanwhile are lost. So this link has no end of its own.
 */
export function webSocketLink(options: WebSocketLinkOptions): FrameLink {
  const counters = newCounters();
  let frameListener: (frame: Uint8Array) => void = () => undefined;
  let closeListener: () => void = () => undefined;
  let maxFrameBytes = options.takes ?? ETHERNET_FRAME_BYTES;
  let socket: WebSocketLike | null = null;
  let isClosed = false;
  let retryMs = RETRY_MIN_MS;
  let cancelRetry: () => void = () => undefined;

  const receive = (data: unknown): void => {
    if (!(data instanceof ArrayBuffer) || data.byteLength < FRAME_MIN_BYTES || data.byteLength > maxFrameBytes) {
      counters.malformed += 1;
      return;
    }
    counters.framesReceived += 1;
    counters.bytesReceived += data.byteLength;
    frameListener(new Uint8Array(data));
  };

  const connect = (): void => {
    const address = new URL(options.url);
    // Told once for a connection, and good for both directions.
    if (maxFrameBytes !== ETHERNET_FRAME_BYTES) address.searchParams.set('maxFrame', String(maxFrameBytes));
    const opened = options.open(address.href);
    socket = opened;
    opened.binaryType = 'arraybuffer';
    opened.addEventListener('open', () => {
      retryMs = RETRY_MIN_MS;
    });
    opened.addEventListener('message', ({ data }) => {
      if (opened === socket) receive(data);
    });
    // An error is followed by `close`, which is all there is to do; unheard, `ws` would throw it.
    opened.addEventListener('error', () => undefined);
    opened.addEventListener('close', ({ code }) => {
      if (opened !== socket) return;
      socket = null;
      if (isClosed) return;
      if (code === CLOSE_REPLACED) retryMs = RETRY_MAX_MS;
      cancelRetry = options.timer(retryMs, connect);
      retryMs = Math.min(retryMs * 2, RETRY_MAX_MS);
    });
  };

  const disconnect = (): void => {
    cancelRetry();
    const open = socket;
    // Its events are no longer ours.
    socket = null;
    open?.close();
  };

  connect();
  return {
    send: (frame) => {
      const hasRoom = socket?.readyState === OPEN && socket.bufferedAmount + frame.byteLength <= LINK_WINDOW_BYTES;
      if (!socket || !hasRoom || frame.byteLength > maxFrameBytes || frame.byteLength < FRAME_MIN_BYTES) {
        counters.framesDropped += 1;
        return;
      }
      counters.framesSent += 1;
      counters.bytesSent += frame.byteLength;
      socket.send(frame);
    },
    onFrame: (listener) => {
      frameListener = listener;
    },
    onClose: (listener) => {
      closeListener = listener;
    },
    close: () => {
      if (isClosed) return;
      isClosed = true;
      disconnect();
      closeListener();
    },
    get maxFrameBytes() {
      return maxFrameBytes;
    },
    announce: (takes) => {
      if (takes === maxFrameBytes || isClosed) return;
      maxFrameBytes = takes;
      disconnect();
      connect();
    },
    get backlogBytes() {
      return socket?.bufferedAmount ?? 0;
    },
    counters,
  };
}
