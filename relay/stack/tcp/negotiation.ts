import type { TcpOptions } from '../wire/tcp.ts';

/** When the SYN has no MSS option (RFC 9293 section 3.7.1, IPv4). */
const DEFAULT_PEER_MSS = 536;
/** A peer that asks for less would have us send a frame for every few bytes. Linux draws the line here too. */
const MIN_PEER_MSS = 48;
/** RFC 7323 section 2.3. */
const MAX_WINDOW_SCALE = 14;
export const MAX_UNSCALED_WINDOW = 0xffff;

/** What the two SYNs have agreed on. */
export interface Negotiated {
  /** The most payload of one wire segment towards the peer. */
  readonly mss: number;
  /** Shifts for the windows received from the peer and announced to it; both 0 unless both sides offered scaling. */
  readonly peerShift: number;
  readonly ownShift: number;
  readonly hasSack: boolean;
}

/** The shift that lets a window of `bufferBytes` be announced in 16 bits. */
export function windowShiftFor(bufferBytes: number): number {
  let shift = 0;
  while (shift < MAX_WINDOW_SCALE && bufferBytes >> shift > MAX_UNSCALED_WINDOW) shift++;
  return shift;
}

/** We offer everything we know in our SYN, so what counts is what the peer's SYN carries. */
export function negotiate(peer: TcpOptions, ownMss: number, receiveBufferBytes: number): Negotiated {
  const isScaled = peer.windowScale !== undefined;
  return {
    mss: Math.min(ownMss, Math.max(MIN_PEER_MSS, peer.mss ?? DEFAULT_PEER_MSS)),
    peerShift: isScaled ? Math.min(MAX_WINDOW_SCALE, peer.windowScale) : 0,
    ownShift: isScaled ? windowShiftFor(receiveBufferBytes) : 0,
    hasSack: peer.sackPermitted === true,
  };
}

/** Options of our SYN; in a SYN|ACK scaling and SACK only when the peer's SYN has offered them (RFC 7323, RFC 2018). */
export function synOptions(mss: number, receiveBufferBytes: number, offered: TcpOptions | null): TcpOptions {
  const isScaled = offered === null || offered.windowScale !== undefined;
  const hasSack = offered === null || offered.sackPermitted === true;
  return {
    mss,
    ...(isScaled ? { windowScale: windowShiftFor(receiveBufferBytes) } : {}),
    ...(hasSack ? { sackPermitted: true } : {}),
  };
}
