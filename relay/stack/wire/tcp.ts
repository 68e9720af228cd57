import type { IpAddress } from './address.ts';
import { readU16, readU32, readU8, writeU16, writeU32 } from './bytes.ts';
import { foldChecksum, pseudoHeaderSum, sum } from './checksum.ts';
import { PROTOCOL_TCP } from './ipv4.ts';
import { Malformed } from './malformed.ts';
import { parseTcpOptions, tcpOptionsBytes, writeTcpOptions, type TcpOptions } from './tcp-options.ts';

export { NO_TCP_OPTIONS, type TcpOptions } from './tcp-options.ts';

export const TCP_FIN = 1;
export const TCP_SYN = 2;
export const TCP_RST = 4;
export const TCP_PSH = 8;
export const TCP_ACK = 16;
export const TCP_URG = 32;

/** Without options. */
export const TCP_HEADER_BYTES = 20;

export interface TcpHeader {
  readonly srcPort: number;
  readonly dstPort: number;
  /** Unsigned 32 bits. */
  readonly seq: number;
  readonly ack: number;
  /** The low eight bits of the header's flags: TCP_FIN to TCP_URG, ECE and CWR. */
  readonly flags: number;
  /** As it stands in the header: not scaled. */
  readonly window: number;
  readonly urgent: number;
  readonly options: TcpOptions;
}

/** RFC 9293, 3.1. */
export interface TcpSegment extends TcpHeader {
  readonly payload: Uint8Array;
}

const TOO_SHORT = new Malformed('TCP: shorter than its header');
const BAD_LENGTH = new Malformed('TCP: the data offset contradicts the segment');
const BAD_CHECKSUM = new Malformed('TCP: wrong checksum');

export function parseTcp(bytes: Uint8Array, src: IpAddress, dst: IpAddress): TcpSegment | Malformed {
  if (bytes.length < TCP_HEADER_BYTES) return TOO_SHORT;
  const headerBytes = (readU8(bytes, 12) >>> 4) * 4;
  if (headerBytes < TCP_HEADER_BYTES || headerBytes > bytes.length) return BAD_LENGTH;
  if (foldChecksum(sum(bytes, 0, bytes.length, pseudoHeaderSum(src, dst, PROTOCOL_TCP, bytes.length))) !== 0) {
    return BAD_CHECKSUM;
  }
  const options = parseTcpOptions(bytes, TCP_HEADER_BYTES, headerBytes);
  if (options instanceof Malformed) return options;
  return {
    srcPort: readU16(bytes, 0),
    dstPort: readU16(bytes, 2),
    seq: readU32(bytes, 4),
    ack: readU32(bytes, 8),
    flags: readU8(bytes, 13),
    window: readU16(bytes, 14),
    urgent: readU16(bytes, 18),
    options,
    payload: bytes.subarray(headerBytes),
  };
}

/** The length of a header with these options, for laying out a frame before it is written. */
export function tcpHeaderBytes(options: TcpOptions): number {
  return TCP_HEADER_BYTES + tcpOptionsBytes(options);
}

/**
 * Leaves the checksum 0; {@link finishTcpChecksum} sets it once the payload is in place.
 * @returns The header's length with options.
 */
export function writeTcpHeader(target: Uint8Array, at: number, header: TcpHeader): number {
  const headerBytes = TCP_HEADER_BYTES + writeTcpOptions(target, at + TCP_HEADER_BYTES, header.options);
  writeU16(target, at, header.srcPort);
  writeU16(target, at + 2, header.dstPort);
  writeU32(target, at + 4, header.seq);
  writeU32(target, at + 8, header.ack);
  target[at + 12] = (headerBytes >>> 2) << 4;
  target[at + 13] = header.flags;
  writeU16(target, at + 14, header.window);
  writeU16(target, at + 16, 0);
  writeU16(target, at + 18, header.urgent);
  return headerBytes;
}

/** @param tcpLength Header and payload. */
export function finishTcpChecksum(
  target: Uint8Array,
  tcpAt: number,
  tcpLength: number,
  src: IpAddress,
  dst: IpAddress,
): void {
  writeU16(target, tcpAt + 16, 0);
  const total = sum(target, tcpAt, tcpLength, pseudoHeaderSum(src, dst, PROTOCOL_TCP, tcpLength));
  writeU16(target, tcpAt + 16, foldChecksum(total));
}

export function emitTcp(segment: TcpSegment, src: IpAddress, dst: IpAddress): Uint8Array {
  const headerBytes = tcpHeaderBytes(segment.options);
  const bytes = new Uint8Array(headerBytes + segment.payload.length);
  writeTcpHeader(bytes, 0, segment);
  bytes.set(segment.payload, headerBytes);
  finishTcpChecksum(bytes, 0, bytes.length, src, dst);
  return bytes;
}
