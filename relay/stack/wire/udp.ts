import { addressFamily, type IpAddress } from './address.ts';
import { readU16, writeU16 } from './bytes.ts';
import { foldChecksum, pseudoHeaderSum, sum } from './checksum.ts';
import { PROTOCOL_UDP } from './ipv4.ts';
import { Malformed } from './malformed.ts';

export const UDP_HEADER_BYTES = 8;

export interface UdpHeader {
  readonly srcPort: number;
  readonly dstPort: number;
}

/** RFC 768. */
export interface UdpDatagram extends UdpHeader {
  readonly payload: Uint8Array;
}

const TOO_SHORT = new Malformed('UDP: shorter than its header');
const BAD_LENGTH = new Malformed('UDP: the length in the header contradicts the packet');
const BAD_CHECKSUM = new Malformed('UDP: wrong checksum');

/** A checksum of 0 stands for none, which IPv6 does not allow (RFC 8200, 8.1). */
export function parseUdp(bytes: Uint8Array, src: IpAddress, dst: IpAddress): UdpDatagram | Malformed {
  if (bytes.length < UDP_HEADER_BYTES) return TOO_SHORT;
  const length = readU16(bytes, 4);
  if (length < UDP_HEADER_BYTES || length > bytes.length) return BAD_LENGTH;
  const isChecked = readU16(bytes, 6) !== 0 || addressFamily(src) === 6;
  if (isChecked && foldChecksum(sum(bytes, 0, length, pseudoHeaderSum(src, dst, PROTOCOL_UDP, length))) !== 0) {
    return BAD_CHECKSUM;
  }
  return {
    srcPort: readU16(bytes, 0),
    dstPort: readU16(bytes, 2),
    payload: bytes.subarray(UDP_HEADER_BYTES, length),
  };
}

/** Leaves the checksum 0; {@link finishUdpChecksum} sets it once the payload is in place. */
export function writeUdpHeader(target: Uint8Array, at: number, header: UdpHeader, payloadBytes: number): void {
  writeU16(target, at, header.srcPort);
  writeU16(target, at + 2, header.dstPort);
  writeU16(target, at + 4, UDP_HEADER_BYTES + payloadBytes);
  writeU16(target, at + 6, 0);
}

/** @param udpLength Header and payload. */
export function finishUdpChecksum(
  target: Uint8Array,
  udpAt: number,
  udpLength: number,
  src: IpAddress,
  dst: IpAddress,
): void {
  writeU16(target, udpAt + 6, 0);
  const checksum = foldChecksum(sum(target, udpAt, udpLength, pseudoHeaderSum(src, dst, PROTOCOL_UDP, udpLength)));
  // 0 would say that there is none; its other spelling sums the same.
  writeU16(target, udpAt + 6, checksum === 0 ? 0xffff : checksum);
}

export function emitUdp(datagram: UdpDatagram, src: IpAddress, dst: IpAddress): Uint8Array {
  const bytes = new Uint8Array(UDP_HEADER_BYTES + datagram.payload.length);
  writeUdpHeader(bytes, 0, datagram, datagram.payload.length);
  bytes.set(datagram.payload, UDP_HEADER_BYTES);
  finishUdpChecksum(bytes, 0, bytes.length, src, dst);
  return bytes;
}
