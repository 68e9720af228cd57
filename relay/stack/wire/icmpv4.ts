import { readU16, readU8, writeU16 } from './bytes.ts';
import { foldChecksum, sum } from './checksum.ts';
import { Malformed } from './malformed.ts';

/** Type, code, checksum and four bytes whose meaning the type decides. */
export const ICMP_HEADER_BYTES = 8;

export const ICMPV4_UNREACHABLE_NET = 0;
export const ICMPV4_UNREACHABLE_HOST = 1;
export const ICMPV4_UNREACHABLE_PROTOCOL = 2;
export const ICMPV4_UNREACHABLE_PORT = 3;
export const ICMPV4_FRAGMENTATION_NEEDED = 4;
export const ICMPV4_UNREACHABLE_PROHIBITED = 13;
export const ICMPV4_TTL_EXCEEDED = 0;
export const ICMPV4_REASSEMBLY_EXCEEDED = 1;

export interface IcmpEcho {
  readonly kind: 'echo-request' | 'echo-reply';
  readonly identifier: number;
  readonly sequence: number;
  readonly payload: Uint8Array;
}

/** RFC 792. */
export type Icmpv4Message =
  | IcmpEcho
  | {
      readonly kind: 'unreachable';
      readonly code: number;
      /** With `ICMPV4_FRAGMENTATION_NEEDED` only (RFC 1191). */
      readonly nextHopMtu?: number;
      /** The header of the packet it is about and the first bytes of its payload. */
      readonly original: Uint8Array;
    }
  | { readonly kind: 'time-exceeded'; readonly code: number; readonly original: Uint8Array }
  /** `body` is everything after the checksum. */
  | { readonly kind: 'other'; readonly type: number; readonly code: number; readonly body: Uint8Array };

const TYPE_ECHO_REPLY = 0;
const TYPE_UNREACHABLE = 3;
const TYPE_ECHO_REQUEST = 8;
const TYPE_TIME_EXCEEDED = 11;

const TOO_SHORT = new Malformed('ICMP: shorter than its header');
const BAD_CHECKSUM = new Malformed('ICMP: wrong checksum');

export function parseIcmpv4(bytes: Uint8Array): Icmpv4Message | Malformed {
  if (bytes.length < ICMP_HEADER_BYTES) return TOO_SHORT;
  if (foldChecksum(sum(bytes, 0, bytes.length)) !== 0) return BAD_CHECKSUM;
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
  if (type === TYPE_UNREACHABLE) {
    const original = bytes.subarray(ICMP_HEADER_BYTES);
    if (code !== ICMPV4_FRAGMENTATION_NEEDED) return { kind: 'unreachable', code, original };
    return { kind: 'unreachable', code, nextHopMtu: readU16(bytes, 6), original };
  }
  if (type === TYPE_TIME_EXCEEDED) {
    return { kind: 'time-exceeded', code, original: bytes.subarray(ICMP_HEADER_BYTES) };
  }
  return { kind: 'other', type, code, body: bytes.subarray(4) };
}

export function emitIcmpv4(message: Icmpv4Message): Uint8Array {
  const bytes = writeMessage(message);
  writeU16(bytes, 2, foldChecksum(sum(bytes, 0, bytes.length)));
  return bytes;
}

function writeMessage(message: Icmpv4Message): Uint8Array {
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
    case 'unreachable': {
      const bytes = icmpBytes(TYPE_UNREACHABLE, message.code, message.original);
      writeU16(bytes, 6, message.nextHopMtu ?? 0);
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
  }
}

/** A message of this type and code with the rest after the eight bytes of header; everything else is 0. */
export function icmpBytes(type: number, code: number, rest: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(ICMP_HEADER_BYTES + rest.length);
  bytes[0] = type;
  bytes[1] = code;
  bytes.set(rest, ICMP_HEADER_BYTES);
  return bytes;
}
