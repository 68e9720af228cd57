import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { FRAME_MIN_BYTES, LINK_WINDOW_BYTES, newCounters, type FrameLink } from '../src/shared/link/frame-link.ts';

/** Behind more than this an answer to a ping would come late anyway, and answers must not pile up. */
const PONGS_MAX_BYTES = LINK_WINDOW_BYTES + 64 * 1024;

/**
 * A link over a WebSocket: one frame per binary message, what any v86 speaks.
 * @param socket the connection below `ws`; holding it back for a turn sends the frames of that turn together
 * @param maxFrameBytes the longest frame the VM takes and sends; it cannot be announced on this carrier
 */
export function webSocketLink(ws: WebSocket, socket: Socket, maxFrameBytes: number): FrameLink {
  const counters = newCounters();
  let frameListener: (frame: Uint8Array) => void = () => undefined;
  let closeListener: () => void = () => undefined;
  let isCorked = false;

  ws.on('message', (data, isBinary) => {
    // `ws` gives binary messages as one Buffer unless its binaryType was changed.
    if (
      !isBinary ||
      !(data instanceof Buffer) ||
      data.byteLength < FRAME_MIN_BYTES ||
      data.byteLength > maxFrameBytes
    ) {
      counters.malformed += 1;
      return;
    }
    counters.framesReceived += 1;
    counters.bytesReceived += data.byteLength;
    frameListener(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  });
  ws.on('ping', (data) => {
    if (ws.bufferedAmount < PONGS_MAX_BYTES) ws.pong(data);
  });
  // A broken protocol (a message beyond every bound, bad framing): `ws` closes the connection, and that ends the link.
  ws.on('error', () => {
    counters.malformed += 1;
  });
  ws.once('close', () => closeListener());

  const uncork = (): void => {
    isCorked = false;
    socket.uncork();
  };

  return {
    send: (frame) => {
      const isOpen = ws.readyState === ws.OPEN;
      const hasRoom = ws.bufferedAmount + frame.byteLength <= LINK_WINDOW_BYTES;
      if (!isOpen || !hasRoom || frame.byteLength > maxFrameBytes || frame.byteLength < FRAME_MIN_BYTES) {
        counters.framesDropped += 1;
        return;
      }
      counters.framesSent += 1;
      counters.bytesSent += frame.byteLength;
      if (!isCorked) {
        isCorked = true;
        socket.cork();
        queueMicrotask(uncork);
      }
      ws.send(frame, { binary: true, compress: false });
    },
    onFrame: (listener) => {
      frameListener = listener;
    },
    onClose: (listener) => {
      closeListener = listener;
    },
    close: () => ws.close(),
    maxFrameBytes,
    announce: () => undefined,
    get backlogBytes() {
      return ws.bufferedAmount;
    },
    counters,
  };
}
