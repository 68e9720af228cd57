import { type IpAddress } from './address.ts';
import { readU16, readU32, readU8, writeU16, writeU32 } from './bytes.ts';
import { foldChecksum, pseudoHeaderSum, sum } from './checksum.ts';
import { ICMP_HEADER_BYTES, icmpBytes, type IcmpEcho } from './icmpv4.ts';
import { PROTOCOL_ICMPV6 } from './ipv4.ts';
import { Malformed } from './malformed.ts';
import { emitNeighborDiscovery, parseNeighborDiscovery, type NeighborDiscovery } from './neighbor-discovery.ts';

export const ICMPV6_UNREACHABLE_NO_ROUTE = 0;
export const ICMPV6_UNREACHABLE_PROHIBITED = 1;
export const ICMPV6_UNREACHABLE_ADDRESS = 3;
export const ICMPV6_UNREACHABLE_PORT = 4;
export const ICMPV6_HOP_LIMIT_EXCEEDED = 0;
export const ICMPV6_REASSEMBLY_EXCEEDED = 1;

/** RFC 4443 and, for neighbours and routers, RFC 4861. */
export type Icmpv6Message =
  | IcmpEcho
  /** `original` is as much of the packet it is about as fits. */
  | { readonly kind: 'unreachable'; readonly code: number; readonly original: Uint8Array }
  | { readonly kind: 'packet-too-big'; readonly mtuBytes: number; readonly original: Uint8Array }
  | { readonly kind: 'time-exceeded'; readonly code: number; readonly original: Uint8Array }
  | NeighborDiscovery
  /** `body` is everything after the checksum. */
  | { readonly kind: 'other'; readonly type: number; readonly code: number; readonly body: Uint8Array };

const TYPE_UNREACHABLE = 1;
const TYPE_PACKET_TOO_BIG = 2;
const TYPE_TIME_EXCEEDED = 3;
const TYPE_ECHO_REQUEST = 128;
const TYPE_ECHO_REPLY = 129;

const TOO_SHORT = new Malformed('ICMPv6: shorter than its header');
const BAD_CHECKSUM = new Malformed('ICMPv6: wrong checksum');

/** The hop limit of 255 that neighbour discovery asks for is for the caller to check. */
export function parseIcmpv6(bytes: Uint8Array, src: IpAddress, dst: IpAddress): Icmpv6Message | Malformed {
  if (bytes.length < ICMP_HEADER_BYTES) return TOO_SHORT;
  const total = sum(bytes, 0, bytes.length, pseudoHeaderSum(src, dst, PROTOCOL_ICMPV6, bytes.length));
  if (foldChecksum(total) !== 0) return BAD_CHECKSUM;
  const type = readU8(bytes, 0);
  const code = readU8(bytes, 1);
  if ((type === TYPE_ECHO_REQUEST || type === TYPE_ECHO_REPLY) && code === 0) {
    return {
      kind: type === TYPE_ECHO_REQUEST ? 'echo-request' : 'echo-reply',
      identifier: readU16(bytes, 4),
      sequence: readU16(bytes, 6),
      payload: bytes.subarray(ICMP_HEADER_BYTES),
    };
  }
  const original = bytes.subarray(ICMP_HEADER_BYTES);
  if (type === TYPE_UNREACHABLE) return { kind: 'unreachable', code, original };
  if (type === TYPE_PACKET_TOO_BIG) return { kind: 'packet-too-big', mtuBytes: readU32(bytes, 4), original };
  if (type === TYPE_TIME_EXCEEDED) return { kind: 'time-exceeded', code, original };
  return parseNeighborDiscovery(bytes) ?? { kind: 'other', type, code, body: bytes.subarray(4) };
}

export function emitIcmpv6(message: Icmpv6Message, src: IpAddress, dst: IpAddress): Uint8Array {
  const bytes = writeMessage(message);
  const total = sum(bytes, 0, bytes.length, pseudoHeaderSum(src, dst, PROTOCOL_ICMPV6, bytes.length));
  writeU16(bytes, 2, foldChecksum(total));
  return bytes;
}

function writeMessage(message: Icmpv6Message): Uint8Array {
  switch (message.kind) {
    case 'echo-request':
    case 'echo-reply': {
      const bytes = icmpBytes(
        message.kind === 'echo-request' ? TYPE_ECHO_REQUEST : TYPE_ECHO_REPLY,
        0,
        message.payload,
      );
      writeU16(bytes, 4, message.identifier);
      writeU16(bytes, 6, message.sequence);
      return bytes;
    }
    case 'unreachable':
      return icmpBytes(TYPE_UNREACHABLE, message.code, message.original);
    case 'packet-too-big': {
      const bytes = icmpBytes(TYPE_PACKET_TOO_BIG, 0, message.original);
      writeU32(bytes, 4, message.mtuBytes);
      return bytes;
    }
    case 'time-exceeded':
      return icmpBytes(TYPE_TIME_EXCEEDED, message.code, message.original);
    case 'other': {
      const bytes = new Uint8Array(Math.max(ICMP_HEADER_BYTES, 4 + message.body.length));
      bytes[0] = message.type;
      bytes[1] = message.code;
      bytes.set(message.body, 4);
      return bytes;
    }
    default:
      return emitNeighborDiscovery(message);
  }
}
