import { DNS_IPV4, GATEWAY_IPV4, GATEWAY_IPV6, GATEWAY_MAC } from './addresses.ts';
import { addressAt, addressFamily, BROADCAST_MAC, ZERO_MAC, type IpAddress, type Mac } from './wire/address.ts';
import { emitArp } from './wire/arp.ts';
import { readU16, writeU16 } from './wire/bytes.ts';
import { foldChecksum, pseudoHeaderSum, sum } from './wire/checksum.ts';
import { BOOT_REQUEST, DHCP_CLIENT_PORT, DHCP_SERVER_PORT, emitDhcp } from './wire/dhcp.ts';
import { DNS_CLASS_IN, DNS_TYPE_A, DNS_TYPE_AAAA, emitDns } from './wire/dns.ts';
import { emitEthernet, ETHERNET_HEADER_BYTES, ETHERTYPE_ARP, ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from './wire/ethernet.ts';
import { emitIcmpv4 } from './wire/icmpv4.ts';
import { emitIcmpv6, type Icmpv6Message } from './wire/icmpv6.ts';
import {
  emitIpv4,
  IPV4_HEADER_BYTES,
  PROTOCOL_ICMP,
  PROTOCOL_ICMPV6,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
} from './wire/ipv4.ts';
import { emitIpv6, IPV6_HEADER_BYTES } from './wire/ipv6.ts';
import { emitTcp, NO_TCP_OPTIONS, TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN, type TcpSegment } from './wire/tcp.ts';
import { emitUdp } from './wire/udp.ts';

/** For tests only: frames as a guest sends them, and what becomes of them when somebody means harm. */

export const GUEST_IPV4: IpAddress = '10.0.2.15';
const GUEST_IPV6: IpAddress = 'fd54:6572:7261::15';
const GUEST_LINK_LOCAL: IpAddress = 'fe80::15';
const GUEST_MAC: Mac = '02:00:00:00:00:01';
const OUTSIDE_IPV4: IpAddress = '93.184.216.34';
const OUTSIDE_IPV6: IpAddress = '2606:2800:220:1::1';

/** Lengths, counts and pointers a parser may trip over. */
const EDGES = [0, 1, 7, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xfffe, 0xffff];
const RANDOM_FRAME_MAX_BYTES = 1514;
const LONG_FRAME_MAX_BYTES = 70_000;

const text = (characters: string): Uint8Array => Uint8Array.from(characters, (each) => each.charCodeAt(0));

function ethernet(etherType: number, payload: Uint8Array, dst = GATEWAY_MAC): Uint8Array {
  return emitEthernet({ dst, src: GUEST_MAC, etherType, payload });
}

export function ipFrame(dst: IpAddress, protocol: number, payload: Uint8Array, about: IpOptions = {}): Uint8Array {
  const { src = addressFamily(dst) === 4 ? GUEST_IPV4 : GUEST_IPV6, hopLimit = 64, mac = GATEWAY_MAC } = about;
  if (addressFamily(dst) === 6) {
    const fragment = about.fragment === undefined ? null : { identification: 9, ...about.fragment };
    const common = { src, dst, nextHeader: protocol, hopLimit, trafficClass: 0, flowLabel: 0, fragment, payload };
    return ethernet(ETHERTYPE_IPV6, emitIpv6(common), mac);
  }
  const packet = emitIpv4({
    src,
    dst,
    protocol,
    ttl: hopLimit,
    identification: 9,
    dontFragment: about.fragment === undefined,
    moreFragments: about.fragment?.moreFragments ?? false,
    fragmentOffsetBytes: about.fragment?.offsetBytes ?? 0,
    tos: 0,
    options: new Uint8Array(0),
    payload,
  });
  return ethernet(ETHERTYPE_IPV4, packet, mac);
}

interface IpOptions {
  readonly src?: IpAddress;
  readonly hopLimit?: number;
  readonly mac?: Mac;
  readonly fragment?: { readonly offsetBytes: number; readonly moreFragments: boolean };
}

export function tcpFrame(
  dst: IpAddress,
  segment: Partial<TcpSegment> & { dstPort: number; flags: number },
): Uint8Array {
  const whole: TcpSegment = {
    srcPort: 40_000,
    seq: 1000,
    ack: 0,
    window: 0xffff,
    urgent: 0,
    options: NO_TCP_OPTIONS,
    payload: new Uint8Array(0),
    ...segment,
  };
  const src = addressFamily(dst) === 4 ? GUEST_IPV4 : GUEST_IPV6;
  return ipFrame(dst, PROTOCOL_TCP, emitTcp(whole, src, dst));
}

export function udpFrame(dst: IpAddress, dstPort: number, payload: Uint8Array, about: IpOptions = {}): Uint8Array {
  const src = about.src ?? (addressFamily(dst) === 4 ? GUEST_IPV4 : GUEST_IPV6);
  return ipFrame(dst, PROTOCOL_UDP, emitUdp({ srcPort: 40_001, dstPort, payload }, src, dst), about);
}

export function arpFrame(targetIp: IpAddress): Uint8Array {
  const message = { senderMac: GUEST_MAC, senderIp: GUEST_IPV4, targetMac: ZERO_MAC, targetIp };
  return ethernet(ETHERTYPE_ARP, emitArp({ operation: 'request', ...message }), BROADCAST_MAC);
}

export function pingFrame(dst: IpAddress): Uint8Array {
  const message = { kind: 'echo-request' as const, identifier: 5, sequence: 6, payload: text('are you there?') };
  return addressFamily(dst) === 4
    ? ipFrame(dst, PROTOCOL_ICMP, emitIcmpv4(message))
    : ipFrame(dst, PROTOCOL_ICMPV6, emitIcmpv6(message, GUEST_IPV6, dst));
}

function neighborFrame(dst: IpAddress, message: Icmpv6Message): Uint8Array {
  const packet = emitIcmpv6(message, GUEST_LINK_LOCAL, dst);
  return ipFrame(dst, PROTOCOL_ICMPV6, packet, { src: GUEST_LINK_LOCAL, hopLimit: 255, mac: '33:33:00:00:00:02' });
}

function dhcpFrame(type: number): Uint8Array {
  const message = emitDhcp({
    op: BOOT_REQUEST,
    xid: 0x1234_5678,
    secs: 0,
    broadcast: true,
    ciaddr: '0.0.0.0',
    yiaddr: '0.0.0.0',
    siaddr: '0.0.0.0',
    giaddr: '0.0.0.0',
    chaddr: GUEST_MAC,
    options: new Map([
      [53, Uint8Array.of(type)],
      [50, Uint8Array.of(10, 0, 2, 15)],
      [55, Uint8Array.of(1, 3, 6, 15, 26, 51)],
      [12, text('box')],
    ]),
  });
  const datagram = { srcPort: DHCP_CLIENT_PORT, dstPort: DHCP_SERVER_PORT, payload: message };
  const bytes = emitUdp(datagram, '0.0.0.0', '255.255.255.255');
  return ipFrame('255.255.255.255', PROTOCOL_UDP, bytes, { src: '0.0.0.0', mac: BROADCAST_MAC });
}

function dnsQuery(name: string, type: number): Uint8Array {
  return emitDns({
    id: 77,
    isResponse: false,
    opcode: 0,
    isAuthoritative: false,
    isTruncated: false,
    isRecursionDesired: true,
    isRecursionAvailable: false,
    isAuthenticData: false,
    isCheckingDisabled: false,
    rcode: 0,
    questions: [{ name, type, class: DNS_CLASS_IN }],
    answers: [],
    authorities: [],
    additionals: [],
  });
}

/** One valid frame and more of every protocol the relay speaks. */
export function validFrames(): Uint8Array[] {
  const frames = [GATEWAY_IPV4, DNS_IPV4, '10.0.2.77'].map(arpFrame);
  for (const dst of [GATEWAY_IPV4, OUTSIDE_IPV4, GATEWAY_IPV6, OUTSIDE_IPV6]) frames.push(pingFrame(dst));
  for (const type of [1, 3, 4, 7, 8]) frames.push(dhcpFrame(type));
  const names = ['example.org', 'host.terrarium', 'a.very.long.name.with.many.labels.example.org'];
  for (const name of names) {
    for (const type of [DNS_TYPE_A, DNS_TYPE_AAAA]) frames.push(udpFrame(DNS_IPV4, 53, dnsQuery(name, type)));
  }
  for (const dst of [OUTSIDE_IPV4, GATEWAY_IPV4, OUTSIDE_IPV6, '10.9.9.9', '255.255.255.255', '224.0.0.251']) {
    frames.push(udpFrame(dst, 9, text('x'.repeat(400))));
  }
  const syn = { flags: TCP_SYN, options: { mss: 1460, windowScale: 7, sackPermitted: true as const } };
  for (const dst of [OUTSIDE_IPV4, OUTSIDE_IPV6, DNS_IPV4, '10.9.9.9']) {
    frames.push(tcpFrame(dst, { dstPort: dst === DNS_IPV4 ? 53 : 80, ...syn }));
    frames.push(tcpFrame(dst, { dstPort: 80, flags: TCP_ACK, payload: text('GET / HTTP/1.0') }));
    frames.push(tcpFrame(dst, { dstPort: 80, flags: TCP_FIN | TCP_ACK }));
    frames.push(tcpFrame(dst, { dstPort: 80, flags: TCP_RST }));
  }
  for (const dst of [OUTSIDE_IPV4, OUTSIDE_IPV6]) {
    for (const [offsetBytes, moreFragments] of [
      [0, true],
      [800, true],
      [1600, false],
    ] as const) {
      frames.push(ipFrame(dst, PROTOCOL_UDP, text('f'.repeat(800)), { fragment: { offsetBytes, moreFragments } }));
    }
  }
  frames.push(neighborFrame('ff02::2', { kind: 'router-solicitation', linkAddress: GUEST_MAC }));
  frames.push(
    neighborFrame('ff02::1:ff00:2', { kind: 'neighbor-solicitation', target: GATEWAY_IPV6, linkAddress: GUEST_MAC }),
  );
  frames.push(ipFrame(GATEWAY_IPV4, 47, text('an unknown protocol')));
  return frames;
}

/** Bytes that are nothing, or nothing behind a header that is something. */
export function randomFrame(random: () => number): Uint8Array {
  const isLong = random() % 1024 === 0;
  const frame = new Uint8Array(random() % (isLong ? LONG_FRAME_MAX_BYTES : RANDOM_FRAME_MAX_BYTES));
  for (let at = 0; at < frame.length; at += 4) {
    const word = random();
    for (let i = 0; i < 4 && at + i < frame.length; i++) frame[at + i] = word >>> (8 * i);
  }
  if (frame.length < ETHERNET_HEADER_BYTES + 1 || random() % 4 === 0) return frame;
  const kinds = [ETHERTYPE_IPV4, ETHERTYPE_IPV6, ETHERTYPE_ARP] as const;
  const etherType = kinds[random() % kinds.length] ?? ETHERTYPE_IPV4;
  frame.set(ethernet(etherType, new Uint8Array(0)));
  if (etherType === ETHERTYPE_IPV4) frame[ETHERNET_HEADER_BYTES] = 0x45;
  if (etherType === ETHERTYPE_IPV6) frame[ETHERNET_HEADER_BYTES] = 0x60;
  return frame;
}

/** A copy of a frame with something wrong in it; often with checksums that say that nothing is. */
export function mutatedFrame(original: Uint8Array, other: Uint8Array, random: () => number): Uint8Array {
  const within = (length: number): number => random() % Math.max(1, length);
  let frame = original.slice();
  switch (random() % 6) {
    case 0:
      for (let flips = 1 + within(8); flips > 0; flips--) frame[within(frame.length)] = random();
      break;
    case 1:
      frame = frame.slice(0, within(frame.length));
      break;
    case 2: {
      const longer = new Uint8Array(frame.length + within(600));
      longer.set(frame);
      frame = longer;
      break;
    }
    case 3: {
      const at = within(frame.length - 1);
      if (at + 2 <= frame.length) writeU16(frame, at, EDGES[within(EDGES.length)] ?? 0);
      break;
    }
    case 4: {
      const at = within(Math.min(frame.length, other.length));
      frame.set(other.subarray(at, Math.min(other.length, frame.length)), at);
      break;
    }
    default: {
      const at = within(frame.length);
      frame.copyWithin(at, within(frame.length));
    }
  }
  if (random() % 2 === 0) mendChecksums(frame);
  return frame;
}

/** Makes the checksums right as far as there is a packet to be seen, so that the layers above get to see the harm. */
function mendChecksums(frame: Uint8Array): void {
  if (frame.length < ETHERNET_HEADER_BYTES + IPV4_HEADER_BYTES) return;
  const ip = frame.subarray(ETHERNET_HEADER_BYTES);
  const etherType = readU16(frame, 12);
  if (etherType === ETHERTYPE_IPV4) {
    const headerBytes = ((ip[0] ?? 0) & 0xf) * 4;
    const end = Math.min(ip.length, readU16(ip, 2));
    if (headerBytes < IPV4_HEADER_BYTES || headerBytes > ip.length) return;
    writeU16(ip, 10, 0);
    writeU16(ip, 10, foldChecksum(sum(ip, 0, headerBytes)));
    mendTransport(ip.subarray(headerBytes, end), ip[9] ?? 0, addressAt(ip, 12, 4), addressAt(ip, 16, 4));
  }
  if (etherType === ETHERTYPE_IPV6 && ip.length >= IPV6_HEADER_BYTES) {
    const end = Math.min(ip.length, IPV6_HEADER_BYTES + readU16(ip, 4));
    mendTransport(ip.subarray(IPV6_HEADER_BYTES, end), ip[6] ?? 0, addressAt(ip, 8, 16), addressAt(ip, 24, 16));
  }
}

const CHECKSUM_AT = new Map([
  [PROTOCOL_TCP, 16],
  [PROTOCOL_UDP, 6],
  [PROTOCOL_ICMP, 2],
  [PROTOCOL_ICMPV6, 2],
]);

function mendTransport(bytes: Uint8Array, protocol: number, src: IpAddress, dst: IpAddress): void {
  const at = CHECKSUM_AT.get(protocol);
  if (at === undefined || bytes.length < at + 2) return;
  writeU16(bytes, at, 0);
  const pseudo = protocol === PROTOCOL_ICMP ? 0 : pseudoHeaderSum(src, dst, protocol, bytes.length);
  writeU16(bytes, at, foldChecksum(sum(bytes, 0, bytes.length, pseudo)));
}
