import { addressAt, writeAddress, type IpAddress } from './address.ts';
import { readI32, readU16, readU32, readU8, writeU16, writeU32 } from './bytes.ts';
import { isExtensionHeader, walkExtensions } from './ipv6-extensions.ts';
import { Malformed } from './malformed.ts';

/** Without extension headers. */
export const IPV6_HEADER_BYTES = 40;
export const IPV6_FRAGMENT_HEADER_BYTES = 8;
export const IPV6_PAYLOAD_MAX_BYTES = 0xffff;

const NEXT_HEADER_FRAGMENT = 44;

/** RFC 8200. */
interface Ipv6Fields {
  readonly src: IpAddress;
  readonly dst: IpAddress;
  /** The upper layer's protocol; of a fragment, what its fragment header says. */
  readonly nextHeader: number;
  readonly hopLimit: number;
  readonly trafficClass: number;
  readonly flowLabel: number;
}

export interface Ipv6Header extends Ipv6Fields {
  readonly payloadBytes: number;
}

export interface Ipv6FragmentInfo {
  /** 32 bits, unsigned. */
  readonly identification: number;
  /** A multiple of 8. */
  readonly offsetBytes: number;
  readonly moreFragments: boolean;
}

export interface Ipv6Packet extends Ipv6Fields {
  /**
   * What the fragment header said. With offset 0 and no more to come it is an atomic fragment (RFC 6946), a whole
   * packet: see {@link isWholeIpv6}.
   */
  readonly fragment: Ipv6FragmentInfo | null;
  readonly payload: Uint8Array;
}

const TOO_SHORT = new Malformed('IPv6: shorter than its header');
const NOT_VERSION_6 = new Malformed('IPv6: the version is not 6');
const BAD_LENGTH = new Malformed('IPv6: the payload length contradicts the packet');
const TOO_FAR = new Malformed('IPv6: a fragment beyond the largest packet');

/**
 * Walks hop-by-hop options, destination options, routing and fragment headers. What lies behind a real fragment's
 * header is its payload as it stands: pieces of further headers mean nothing alone.
 */
export function parseIpv6(bytes: Uint8Array): Ipv6Packet | Malformed {
  if (bytes.length < IPV6_HEADER_BYTES) return TOO_SHORT;
  const first = readI32(bytes, 0);
  if (first >>> 28 !== 6) return NOT_VERSION_6;
  const end = IPV6_HEADER_BYTES + readU16(bytes, 4);
  if (end > bytes.length) return BAD_LENGTH;
  let nextHeader = readU8(bytes, 6);
  let payloadAt = IPV6_HEADER_BYTES;
  let fragment: Ipv6FragmentInfo | null = null;
  if (isExtensionHeader(nextHeader)) {
    const walked = walkExtensions(bytes, payloadAt, end, nextHeader, true);
    if (walked instanceof Malformed) return walked;
    ({ nextHeader, payloadAt } = walked);
    if (walked.fragmentAt !== null) {
      fragment = readFragmentHeader(bytes, walked.fragmentAt);
      if (fragment.offsetBytes + end - payloadAt > IPV6_PAYLOAD_MAX_BYTES) return TOO_FAR;
    }
  }
  return {
    src: addressAt(bytes, 8, 16),
    dst: addressAt(bytes, 24, 16),
    nextHeader,
    hopLimit: readU8(bytes, 7),
    trafficClass: (first >>> 20) & 0xff,
    flowLabel: first & 0xfffff,
    fragment,
    payload: bytes.subarray(payloadAt, end),
  };
}

function readFragmentHeader(bytes: Uint8Array, at: number): Ipv6FragmentInfo {
  const offsetAndFlags = readU16(bytes, at + 2);
  return {
    identification: readU32(bytes, at + 4),
    offsetBytes: offsetAndFlags & ~7,
    moreFragments: (offsetAndFlags & 1) !== 0,
  };
}

/** Whether the packet can go to its upper layer as it is. */
export function isWholeIpv6(packet: Ipv6Packet): boolean {
  const { fragment } = packet;
  return fragment === null || (fragment.offsetBytes === 0 && !fragment.moreFragments);
}

/**
 * A packet put together from fragments: `payload` is all of their payloads, which may start with further extension
 * headers.
 */
export function joinIpv6(packet: Ipv6Packet, payload: Uint8Array): Ipv6Packet | Malformed {
  if (!isExtensionHeader(packet.nextHeader)) return { ...packet, fragment: null, payload };
  const walked = walkExtensions(payload, 0, payload.length, packet.nextHeader, false);
  if (walked instanceof Malformed) return walked;
  return { ...packet, nextHeader: walked.nextHeader, fragment: null, payload: payload.subarray(walked.payloadAt) };
}

/** `payloadBytes` counts extension headers, too. */
export function writeIpv6Header(target: Uint8Array, at: number, header: Ipv6Header): void {
  if (header.payloadBytes > IPV6_PAYLOAD_MAX_BYTES)
    throw new RangeError(`IPv6 payload of ${header.payloadBytes} bytes`);
  writeU32(target, at, (6 << 28) | (header.trafficClass << 20) | header.flowLabel);
  writeU16(target, at + 4, header.payloadBytes);
  target[at + 6] = header.nextHeader;
  target[at + 7] = header.hopLimit;
  writeAddress(target, at + 8, header.src);
  writeAddress(target, at + 24, header.dst);
}

export function emitIpv6(packet: Ipv6Packet): Uint8Array {
  const { fragment, payload } = packet;
  const extensionBytes = fragment === null ? 0 : IPV6_FRAGMENT_HEADER_BYTES;
  const bytes = new Uint8Array(IPV6_HEADER_BYTES + extensionBytes + payload.length);
  writeIpv6Header(bytes, 0, {
    ...packet,
    nextHeader: fragment === null ? packet.nextHeader : NEXT_HEADER_FRAGMENT,
    payloadBytes: extensionBytes + payload.length,
  });
  if (fragment !== null) {
    bytes[IPV6_HEADER_BYTES] = packet.nextHeader;
    writeU16(bytes, IPV6_HEADER_BYTES + 2, fragment.offsetBytes | (fragment.moreFragments ? 1 : 0));
    writeU32(bytes, IPV6_HEADER_BYTES + 4, fragment.identification);
  }
  bytes.set(payload, IPV6_HEADER_BYTES + extensionBytes);
  return bytes;
}

/** One fragment of a packet too large for the link. */
export function emitIpv6Fragment(
  fragment: Pick<Ipv6Packet, 'src' | 'dst' | 'nextHeader' | 'hopLimit' | 'payload'> & Ipv6FragmentInfo,
): Uint8Array {
  const { src, dst, nextHeader, hopLimit, payload, identification, offsetBytes, moreFragments } = fragment;
  return emitIpv6({
    src,
    dst,
    nextHeader,
    hopLimit,
    trafficClass: 0,
    flowLabel: 0,
    fragment: { identification, offsetBytes, moreFragments },
    payload,
  });
}
