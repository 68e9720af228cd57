import { addressAt, writeAddress, type IpAddress } from './address.ts';
import { NO_BYTES, readU16, readU8, writeU16 } from './bytes.ts';
import { foldChecksum, sum } from './checksum.ts';
import { Malformed } from './malformed.ts';

export const PROTOCOL_ICMP = 1;
export const PROTOCOL_TCP = 6;
export const PROTOCOL_UDP = 17;
export const PROTOCOL_ICMPV6 = 58;

/** Without options. */
export const IPV4_HEADER_BYTES = 20;
export const IPV4_OPTIONS_MAX_BYTES = 40;
export const IPV4_PACKET_MAX_BYTES = 0xffff;

const FLAG_DONT_FRAGMENT = 0x4000;
const FLAG_MORE_FRAGMENTS = 0x2000;
const OFFSET_MASK = 0x1fff;

/** RFC 791. */
export interface Ipv4Fields {
  readonly src: IpAddress;
  readonly dst: IpAddress;
  readonly protocol: number;
  readonly ttl: number;
  readonly identification: number;
  readonly dontFragment: boolean;
  readonly moreFragments: boolean;
  /** A multiple of 8. */
  readonly fragmentOffsetBytes: number;
  readonly tos: number;
}

export interface Ipv4Header extends Ipv4Fields {
  readonly payloadBytes: number;
  readonly options?: Uint8Array;
}

export interface Ipv4Packet extends Ipv4Fields {
  /** As they stand on the wire, padding included: a multiple of 4 bytes, at most 40. */
  readonly options: Uint8Array;
  readonly payload: Uint8Array;
}

const TOO_SHORT = new Malformed('IPv4: shorter than its header');
const NOT_VERSION_4 = new Malformed('IPv4: the version is not 4');
const BAD_LENGTH = new Malformed('IPv4: the lengths in the header contradict the packet');
const BAD_CHECKSUM = new Malformed('IPv4: wrong header checksum');
const TOO_FAR = new Malformed('IPv4: a fragment beyond the largest packet');

/** The payload ends where the header says; what follows is the link's padding. */
export function parseIpv4(bytes: Uint8Array): Ipv4Packet | Malformed {
  if (bytes.length < IPV4_HEADER_BYTES) return TOO_SHORT;
  const first = readU8(bytes, 0);
  if (first >>> 4 !== 4) return NOT_VERSION_4;
  const headerBytes = (first & 0xf) * 4;
  const totalBytes = readU16(bytes, 2);
  if (headerBytes < IPV4_HEADER_BYTES || totalBytes < headerBytes || totalBytes > bytes.length) return BAD_LENGTH;
  if (foldChecksum(sum(bytes, 0, headerBytes)) !== 0) return BAD_CHECKSUM;
  const fragment = readU16(bytes, 6);
  const fragmentOffsetBytes = (fragment & OFFSET_MASK) * 8;
  if (fragmentOffsetBytes + totalBytes > IPV4_PACKET_MAX_BYTES) return TOO_FAR;
  return {
    src: addressAt(bytes, 12, 4),
    dst: addressAt(bytes, 16, 4),
    protocol: readU8(bytes, 9),
    ttl: readU8(bytes, 8),
    identification: readU16(bytes, 4),
    dontFragment: (fragment & FLAG_DONT_FRAGMENT) !== 0,
    moreFragments: (fragment & FLAG_MORE_FRAGMENTS) !== 0,
    fragmentOffsetBytes,
    tos: readU8(bytes, 1),
    options: headerBytes === IPV4_HEADER_BYTES ? NO_BYTES : bytes.subarray(IPV4_HEADER_BYTES, headerBytes),
    payload: bytes.subarray(headerBytes, totalBytes),
  };
}

/**
 * Writes the header with its checksum for a payload that follows it.
 * @returns The header's length.
 */
export function writeIpv4Header(target: Uint8Array, at: number, header: Ipv4Header): number {
  const { options = NO_BYTES, payloadBytes } = header;
  if (options.length > IPV4_OPTIONS_MAX_BYTES || (options.length & 3) !== 0) {
    throw new RangeError(`IPv4 options of ${options.length} bytes`);
  }
  const headerBytes = IPV4_HEADER_BYTES + options.length;
  if (headerBytes + payloadBytes > IPV4_PACKET_MAX_BYTES) throw new RangeError(`IPv4 payload of ${payloadBytes} bytes`);
  target[at] = 0x40 | (headerBytes >>> 2);
  target[at + 1] = header.tos;
  writeU16(target, at + 2, headerBytes + payloadBytes);
  writeU16(target, at + 4, header.identification);
  const flags = (header.dontFragment ? FLAG_DONT_FRAGMENT : 0) | (header.moreFragments ? FLAG_MORE_FRAGMENTS : 0);
  writeU16(target, at + 6, flags | (header.fragmentOffsetBytes >>> 3));
  target[at + 8] = header.ttl;
  target[at + 9] = header.protocol;
  writeU16(target, at + 10, 0);
  writeAddress(target, at + 12, header.src);
  writeAddress(target, at + 16, header.dst);
  if (options.length > 0) target.set(options, at + IPV4_HEADER_BYTES);
  writeU16(target, at + 10, foldChecksum(sum(target, at, headerBytes)));
  return headerBytes;
}

export function emitIpv4(packet: Ipv4Packet): Uint8Array {
  const { payload } = packet;
  const headerBytes = IPV4_HEADER_BYTES + packet.options.length;
  const bytes = new Uint8Array(headerBytes + payload.length);
  writeIpv4Header(bytes, 0, { ...packet, payloadBytes: payload.length });
  bytes.set(payload, headerBytes);
  return bytes;
}
