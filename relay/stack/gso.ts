import type { IpAddress } from './wire/address.ts';
import { readU16, readU32, readU8, writeU16, writeU32 } from './wire/bytes.ts';
import { foldChecksum, sum } from './wire/checksum.ts';
import { ETHERNET_HEADER_BYTES, ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from './wire/ethernet.ts';
import { parseIpv4, PROTOCOL_TCP } from './wire/ipv4.ts';
import { IPV6_HEADER_BYTES, parseIpv6 } from './wire/ipv6.ts';
import { Malformed } from './wire/malformed.ts';
import { finishTcpChecksum, parseTcp, TCP_FIN, TCP_PSH, TCP_RST, TCP_SYN, TCP_URG } from './wire/tcp.ts';

/** Congestion window reduced (RFC 3168): said once, so on the first piece only. */
const TCP_CWR = 0x80;

const SEQ_AT = 4;
const FLAGS_AT = 13;
const URGENT_AT = 18;

interface TcpPlace {
  readonly src: IpAddress;
  readonly dst: IpAddress;
  readonly isIpv4: boolean;
  /** From the frame's start. */
  readonly tcpAt: number;
  readonly payloadAt: number;
  readonly end: number;
}

/**
 * Cuts a super frame of a network card with segmentation offload into frames for one without: each with the headers of
 * the whole, its own sequence number, identification, lengths and checksums.
 * @returns The frame itself when it fits; nothing when it cannot be cut: no TCP, damaged, itself a fragment, or with
 * headers that leave no room.
 */
export function splitTcpFrame(frame: Uint8Array, maxFrameBytes: number): Uint8Array[] {
  if (frame.length <= maxFrameBytes) return [frame];
  const place = placeTcp(frame);
  if (place === null) return [];
  const { tcpAt, payloadAt, end } = place;
  // What is left of an over-long frame when the link's padding is gone may fit.
  if (end <= maxFrameBytes) return [frame.subarray(0, end)];
  const pieceMaxBytes = maxFrameBytes - payloadAt;
  const flags = readU8(frame, tcpAt + FLAGS_AT);
  if (pieceMaxBytes <= 0 || (flags & (TCP_SYN | TCP_RST)) !== 0) return [];
  const pieces: Uint8Array[] = [];
  for (let from = payloadAt; from < end; from += pieceMaxBytes) {
    const piece = new Uint8Array(payloadAt + Math.min(pieceMaxBytes, end - from));
    piece.set(frame.subarray(0, payloadAt));
    piece.set(frame.subarray(from, Math.min(end, from + pieceMaxBytes)), payloadAt);
    const isLast = from + pieceMaxBytes >= end;
    patchTcp(piece, frame, tcpAt, from - payloadAt, isLast);
    patchIp(piece, place, pieces.length);
    finishTcpChecksum(piece, tcpAt, piece.length - tcpAt, place.src, place.dst);
    pieces.push(piece);
  }
  return pieces;
}

/** Checks the whole frame: cutting one with a wrong checksum would give its damage right ones. */
function placeTcp(frame: Uint8Array): TcpPlace | null {
  const etherType = readU16(frame, 12);
  const bytes = frame.subarray(ETHERNET_HEADER_BYTES);
  let segment: Uint8Array;
  let addresses: { src: IpAddress; dst: IpAddress };
  if (etherType === ETHERTYPE_IPV4) {
    const packet = parseIpv4(bytes);
    if (packet instanceof Malformed || packet.protocol !== PROTOCOL_TCP) return null;
    if (packet.moreFragments || packet.fragmentOffsetBytes > 0) return null;
    segment = packet.payload;
    addresses = packet;
  } else if (etherType === ETHERTYPE_IPV6) {
    const packet = parseIpv6(bytes);
    if (packet instanceof Malformed || packet.nextHeader !== PROTOCOL_TCP || packet.fragment !== null) return null;
    segment = packet.payload;
    addresses = packet;
  } else {
    return null;
  }
  const { src, dst } = addresses;
  const parsed = parseTcp(segment, src, dst);
  if (parsed instanceof Malformed) return null;
  const tcpAt = segment.byteOffset - frame.byteOffset;
  const end = tcpAt + segment.length;
  return { src, dst, isIpv4: etherType === ETHERTYPE_IPV4, tcpAt, payloadAt: end - parsed.payload.length, end };
}

function patchTcp(piece: Uint8Array, frame: Uint8Array, tcpAt: number, offsetBytes: number, isLast: boolean): void {
  let flags = readU8(frame, tcpAt + FLAGS_AT);
  if (!isLast) flags &= ~(TCP_FIN | TCP_PSH);
  if (offsetBytes > 0) flags &= ~TCP_CWR;
  // The urgent pointer counts from the piece's own sequence number.
  const urgent = Math.max(0, readU16(frame, tcpAt + URGENT_AT) - offsetBytes);
  if (urgent === 0) flags &= ~TCP_URG;
  writeU32(piece, tcpAt + SEQ_AT, readU32(frame, tcpAt + SEQ_AT) + offsetBytes);
  piece[tcpAt + FLAGS_AT] = flags;
  writeU16(piece, tcpAt + URGENT_AT, urgent);
}

function patchIp(piece: Uint8Array, place: TcpPlace, index: number): void {
  const at = ETHERNET_HEADER_BYTES;
  if (!place.isIpv4) {
    writeU16(piece, at + 4, piece.length - at - IPV6_HEADER_BYTES);
    return;
  }
  writeU16(piece, at + 2, piece.length - at);
  writeU16(piece, at + 4, readU16(piece, at + 4) + index);
  writeU16(piece, at + 10, 0);
  writeU16(piece, at + 10, foldChecksum(sum(piece, at, place.tcpAt - at)));
}
