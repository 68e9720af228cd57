import type { PortLike } from '../bulk/port.ts';
import {
  ETHERNET_FRAME_BYTES,
  FRAME_MIN_BYTES,
  isFrameBound,
  LINK_WINDOW_BYTES,
  newCounters,
  SUPER_FRAME_BYTES,
  type FrameLink,
} from './frame-link.ts';

/*
 * Messages of this carrier: a Uint8Array holds frames, each behind its length (u32, little endian) and padded to a
 * multiple of 4; `{ t: 'taken', bytes }` confirms received bytes; `{ t: 'takes', maxFrameBytes }` announces.
 */

/** Frames of one turn go out together, but no message grows beyond this: the far side should begin meanwhile. */
const BATCH_MAX_BYTES = 256 * 1024;
/** Confirmations are few: the far side stops only at {@link LINK_WINDOW_BYTES}. */
const CONFIRM_BYTES = LINK_WINDOW_BYTES / 8;
const LENGTH_BYTES = 4;

export interface PortLinkOptions {
  /** The longest frame this side takes, announced at once; a side that does not know yet calls `announce` later. */
  readonly takes?: number;
  /** Runs after the current turn, so that the frames of one turn share a message. */
  readonly schedule?: (flush: () => void) => void;
}

/**
 * A link over a message port. One frame a message costs ten times more than many in one (measured in Electron: 19k
 * frames/s against 141k/s), so the frames of one turn travel together. Bytes are copied, never transferred: Electron
 * loses transferred buffers between processes.
 */
export function portLink(port: PortLike, options: PortLinkOptions = {}): FrameLink {
  const counters = newCounters();
  const schedule = options.schedule ?? afterThisTurn;
  let frameListener: (frame: Uint8Array) => void = () => undefined;
  let closeListener: () => void = () => undefined;
  let isOpen = true;
  let maxFrameBytes = ETHERNET_FRAME_BYTES;
  let batch: Uint8Array[] = [];
  let batchBytes = 0;
  let isFlushScheduled = false;
  /** Posted and not confirmed. */
  let unconfirmedBytes = 0;
  /** Received and not confirmed. */
  let unreportedBytes = 0;

  const flush = (): void => {
    if (batch.length === 0 || !isOpen) return;
    const message = packFrames(batch, batchBytes);
    unconfirmedBytes += batchBytes;
    batch = [];
    batchBytes = 0;
    port.post(message);
  };

  const receiveFrames = (message: Uint8Array): void => {
    unreportedBytes += message.byteLength;
    if (unreportedBytes >= CONFIRM_BYTES) {
      port.post({ t: 'taken', bytes: unreportedBytes });
      unreportedBytes = 0;
    }
    const isWhole = unpackFrames(message, (frame) => {
      counters.framesReceived += 1;
      counters.bytesReceived += frame.byteLength;
      if (isOpen) frameListener(frame);
    });
    if (!isWhole) counters.malformed += 1;
  };

  const end = (): void => {
    if (!isOpen) return;
    isOpen = false;
    batch = [];
    closeListener();
  };

  port.onMessage((message) => {
    if (message instanceof Uint8Array) receiveFrames(message);
    else if (isNote(message, 'taken') && typeof message.bytes === 'number' && message.bytes >= 0) {
      unconfirmedBytes = Math.max(0, unconfirmedBytes - message.bytes);
    } else if (isNote(message, 'takes') && isFrameBound(message.maxFrameBytes)) maxFrameBytes = message.maxFrameBytes;
    else counters.malformed += 1;
  });
  port.onClose(end);

  const announce = (takes: number): void => {
    if (isOpen) port.post({ t: 'takes', maxFrameBytes: takes });
  };
  if (options.takes !== undefined) announce(options.takes);

  return {
    send: (frame) => {
      const bytes = packedBytes(frame.byteLength);
      const hasRoom = unconfirmedBytes + batchBytes + bytes <= LINK_WINDOW_BYTES;
      if (!isOpen || !hasRoom || frame.byteLength > maxFrameBytes || frame.byteLength < FRAME_MIN_BYTES) {
        counters.framesDropped += 1;
        return;
      }
      counters.framesSent += 1;
      counters.bytesSent += frame.byteLength;
      if (batchBytes + bytes > BATCH_MAX_BYTES) flush();
      batch.push(frame);
      batchBytes += bytes;
      if (isFlushScheduled) return;
      isFlushScheduled = true;
      schedule(() => {
        isFlushScheduled = false;
        flush();
      });
    },
    onFrame: (listener) => {
      frameListener = listener;
    },
    onClose: (listener) => {
      closeListener = listener;
    },
    close: () => {
      flush();
      port.close();
      end();
    },
    get maxFrameBytes() {
      return maxFrameBytes;
    },
    announce,
    get backlogBytes() {
      return unconfirmedBytes + batchBytes;
    },
    counters,
  };
}

/** Frames behind their lengths in one array that owns its buffer: a structured clone copies the whole buffer. */
function packFrames(frames: readonly Uint8Array[], totalBytes: number): Uint8Array {
  const message = new Uint8Array(totalBytes);
  const view = new DataView(message.buffer);
  let at = 0;
  for (const frame of frames) {
    view.setUint32(at, frame.byteLength, true);
    message.set(frame, at + LENGTH_BYTES);
    at += packedBytes(frame.byteLength);
  }
  return message;
}

/** @returns false when the message ends or lies in the middle of a frame; frames before it were given */
function unpackFrames(message: Uint8Array, give: (frame: Uint8Array) => void): boolean {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  for (let at = 0; at < message.byteLength;) {
    if (at + LENGTH_BYTES > message.byteLength) return false;
    const length = view.getUint32(at, true);
    const start = at + LENGTH_BYTES;
    if (length < FRAME_MIN_BYTES || length > SUPER_FRAME_BYTES || start + length > message.byteLength) return false;
    give(message.subarray(start, start + length));
    at += packedBytes(length);
  }
  return true;
}

function packedBytes(frameBytes: number): number {
  return (LENGTH_BYTES + frameBytes + 3) & ~3;
}

function isNote(message: unknown, t: string): message is { t: string; bytes?: unknown; maxFrameBytes?: unknown } {
  return typeof message === 'object' && message !== null && 't' in message && message.t === t;
}

/** A microtask: after the code that runs now, before any other event. */
function afterThisTurn(run: () => void): void {
  void Promise.resolve().then(run);
}
