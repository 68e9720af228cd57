/**
 * One network cable: whole Ethernet frames (no preamble, no checksum behind them) go in at one end and come out at
 * the other, in order, or are dropped. Whoever sends does not wait: like a cable, a link that is full loses frames,
 * and TCP at both ends finds its pace.
 */
export interface FrameLink {
  /**
   * Sends a frame. Its checksums are complete. The frame is the link's from now on: it may be read until the end of
   * the current turn of the event loop, so do not write to it any more.
   */
  send(frame: Uint8Array): void;
  /** Called for each frame, in order. Set once. The frame is the listener's to keep. */
  onFrame(listener: (frame: Uint8Array) => void): void;
  /** Called once, when either side has ended the link. */
  onClose(listener: () => void): void;
  close(): void;
  /**
   * The longest frame the far side takes. It says so before its first frame, and again when it changes; until then it
   * is {@link ETHERNET_FRAME_BYTES}. What is longer is dropped by `send`.
   */
  readonly maxFrameBytes: number;
  /** Tells the far side the longest frame this side takes. */
  announce(maxFrameBytes: number): void;
  /** Bytes sent that the far side has not taken yet, as far as the carrier knows: a measure for slowing down. */
  readonly backlogBytes: number;
  readonly counters: LinkCounters;
}

/** All of them only grow. */
export interface LinkCounters {
  readonly framesSent: number;
  readonly bytesSent: number;
  readonly framesReceived: number;
  readonly bytesReceived: number;
  /** Not sent: the far side is behind, does not take frames of this length, or is away. */
  readonly framesDropped: number;
  /** Messages that are no frames. */
  readonly malformed: number;
}

/** A frame of the usual MTU of 1500: what any virtual network card takes. */
export const ETHERNET_FRAME_BYTES = 1514;

/**
 * A TCP segment of the largest size IP can describe, in a frame: what a network card sends and takes that leaves the
 * cutting into segments of the MTU to others.
 */
export const SUPER_FRAME_BYTES = 65_549;

/** An Ethernet header; anything shorter is no frame. */
export const FRAME_MIN_BYTES = 14;

/**
 * Bytes one direction of a link may hold on the way. A guest's TCP window is at most a few MiB; more than this is
 * a queue that only adds delay.
 */
export const LINK_WINDOW_BYTES = 4 * 1024 * 1024;

/** {@link LinkCounters} for who counts. */
export type CountingLink = { -readonly [Name in keyof LinkCounters]: number };

export function newCounters(): CountingLink {
  return { framesSent: 0, bytesSent: 0, framesReceived: 0, bytesReceived: 0, framesDropped: 0, malformed: 0 };
}

/** A length a side may announce: anything else is a mistake or an attack. */
export function isFrameBound(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= ETHERNET_FRAME_BYTES && Number(value) <= SUPER_FRAME_BYTES;
}
