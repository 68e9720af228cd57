import { ALL_NODES_IPV6, GATEWAY_IPV4, GATEWAY_LINK_LOCAL, GATEWAY_MAC, MTU_BYTES, isForMany } from './addresses.ts';
import { FrameMaker } from './frame-maker.ts';
import type { GuestLink } from './link.ts';
import type { TcpOut } from './tcp/connection.ts';
import { addressFamily, BROADCAST_MAC, type IpAddress, type Mac } from './wire/address.ts';
import { ETHERNET_HEADER_BYTES, ETHERTYPE_IPV4, ETHERTYPE_IPV6, writeEthernetHeader } from './wire/ethernet.ts';
import { emitIcmpv4, type Icmpv4Message } from './wire/icmpv4.ts';
import { emitIcmpv6, type Icmpv6Message } from './wire/icmpv6.ts';
import {
  IPV4_HEADER_BYTES,
  PROTOCOL_ICMP,
  PROTOCOL_ICMPV6,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  writeIpv4Header,
} from './wire/ipv4.ts';
import { emitIpv6Fragment, IPV6_FRAGMENT_HEADER_BYTES, IPV6_HEADER_BYTES, writeIpv6Header } from './wire/ipv6.ts';
import { finishTcpChecksum, tcpHeaderBytes, writeTcpHeader } from './wire/tcp.ts';
import { emitUdp } from './wire/udp.ts';

/** The relay is one hop away; it stands for routers beyond it. */
const HOP_LIMIT = 64;
/** Neighbour discovery must carry it (RFC 4861). */
const DISCOVERY_HOP_LIMIT = 255;
/** RFC 792 and 1812: the header and the start of what came, at most 576 bytes in all; RFC 4443: up to 1280. */
export const QUOTE_MAX_BYTES_V4 = 548;
const QUOTE_MAX_BYTES_V6 = 1232;

/** Why a packet was not delivered, in the terms of ICMP. */
export type Unreachable = 'network' | 'host' | 'port' | 'prohibited';
const V4_CODES: Record<Unreachable, number> = { network: 0, host: 1, port: 3, prohibited: 13 };
const V6_CODES: Record<Unreachable, number> = { network: 0, host: 3, port: 4, prohibited: 1 };

/** Makes frames of what the relay has to say and hands them to a link's carrier. */
export class IpOutput {
  private readonly send: (link: GuestLink, frame: Uint8Array) => void;
  private readonly whenUnknown: (link: GuestLink, address: IpAddress) => void;
  private readonly frames = new FrameMaker();
  private identification = 0;

  /** @param whenUnknown called when a packet had to be dropped because nobody knows where its address is */
  constructor(
    send: (link: GuestLink, frame: Uint8Array) => void,
    whenUnknown: (link: GuestLink, address: IpAddress) => void,
  ) {
    this.send = send;
    this.whenUnknown = whenUnknown;
  }

  sendEthernet(link: GuestLink, dst: Mac, etherType: number, payload: Uint8Array): void {
    const frame = this.frames.make(ETHERNET_HEADER_BYTES + payload.byteLength);
    writeEthernetHeader(frame, 0, { dst, src: GATEWAY_MAC, etherType });
    frame.set(payload, ETHERNET_HEADER_BYTES);
    this.send(link, frame);
  }

  /** The payload is copied once, from where the connection keeps it into the frame. */
  sendTcp(link: GuestLink, src: IpAddress, srcPort: number, dst: IpAddress, dstPort: number, segment: TcpOut): void {
    const mac = this.macFor(link, dst);
    if (mac === null) return;
    const isV4 = addressFamily(dst) === 4;
    const ipBytes = isV4 ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES;
    const tcpAt = ETHERNET_HEADER_BYTES + ipBytes;
    const headerBytes = tcpHeaderBytes(segment.options);
    const tcpBytes = headerBytes + segment.payloadBytes;
    const frame = this.frames.make(tcpAt + tcpBytes);
    writeEthernetHeader(frame, 0, { dst: mac, src: GATEWAY_MAC, etherType: isV4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6 });
    this.writeIpHeader(frame, src, dst, PROTOCOL_TCP, tcpBytes, HOP_LIMIT);
    writeTcpHeader(frame, tcpAt, {
      srcPort,
      dstPort,
      seq: segment.seq,
      ack: segment.ack,
      flags: segment.flags,
      window: segment.window,
      urgent: 0,
      options: segment.options,
    });
    segment.copyPayload(frame, tcpAt + headerBytes);
    finishTcpChecksum(frame, tcpAt, tcpBytes, src, dst);
    this.send(link, frame);
  }

  sendUdp(
    link: GuestLink,
    src: IpAddress,
    srcPort: number,
    dst: IpAddress,
    dstPort: number,
    payload: Uint8Array,
    mac?: Mac,
  ): void {
    this.sendIp(link, src, dst, PROTOCOL_UDP, emitUdp({ srcPort, dstPort, payload }, src, dst), HOP_LIMIT, mac);
  }

  sendIcmpv4(link: GuestLink, src: IpAddress, dst: IpAddress, message: Icmpv4Message): void {
    this.sendIp(link, src, dst, PROTOCOL_ICMP, emitIcmpv4(message), HOP_LIMIT);
  }

  sendIcmpv6(link: GuestLink, src: IpAddress, dst: IpAddress, message: Icmpv6Message): void {
    this.sendIp(link, src, dst, PROTOCOL_ICMPV6, emitIcmpv6(message, src, dst), DISCOVERY_HOP_LIMIT);
  }

  /** Tells the guest that its packet was not delivered. `from` is who says so: the address it was sent to. */
  sendUnreachable(link: GuestLink, from: IpAddress, to: IpAddress, why: Unreachable, original: Uint8Array): void {
    // RFC 1122, 3.2.2: never about something sent to many.
    if (isForMany(from)) return;
    if (addressFamily(to) === 4) {
      const quote = original.subarray(0, QUOTE_MAX_BYTES_V4);
      this.sendIcmpv4(link, from, to, { kind: 'unreachable', code: V4_CODES[why], original: quote });
    } else {
      const quote = original.subarray(0, QUOTE_MAX_BYTES_V6);
      this.sendIcmpv6(link, from, to, { kind: 'unreachable', code: V6_CODES[why], original: quote });
    }
  }

  sendTimeExceeded(link: GuestLink, from: IpAddress, to: IpAddress, original: Uint8Array): void {
    if (addressFamily(to) === 4) {
      const quote = original.subarray(0, QUOTE_MAX_BYTES_V4);
      this.sendIcmpv4(link, from, to, { kind: 'time-exceeded', code: 0, original: quote });
    } else {
      const quote = original.subarray(0, QUOTE_MAX_BYTES_V6);
      this.sendIcmpv6(link, from, to, { kind: 'time-exceeded', code: 0, original: quote });
    }
  }

  private sendIp(
    link: GuestLink,
    src: IpAddress,
    dst: IpAddress,
    protocol: number,
    payload: Uint8Array,
    hopLimit: number,
    knownMac?: Mac,
  ): void {
    const mac = knownMac ?? this.macFor(link, dst);
    if (mac === null) return;
    const isV4 = addressFamily(dst) === 4;
    const ipBytes = isV4 ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES;
    if (ipBytes + payload.byteLength > MTU_BYTES) {
      if (isV4) this.sendFragmentsV4(link, mac, src, dst, protocol, payload, hopLimit);
      else this.sendFragmentsV6(link, mac, src, dst, protocol, payload, hopLimit);
      return;
    }
    const frame = this.frames.make(ETHERNET_HEADER_BYTES + ipBytes + payload.byteLength);
    writeEthernetHeader(frame, 0, { dst: mac, src: GATEWAY_MAC, etherType: isV4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6 });
    this.writeIpHeader(frame, src, dst, protocol, payload.byteLength, hopLimit);
    frame.set(payload, ETHERNET_HEADER_BYTES + ipBytes);
    this.send(link, frame);
  }

  private sendFragmentsV4(
    link: GuestLink,
    mac: Mac,
    src: IpAddress,
    dst: IpAddress,
    protocol: number,
    payload: Uint8Array,
    ttl: number,
  ): void {
    const identification = this.nextIdentification();
    const pieceBytes = (MTU_BYTES - IPV4_HEADER_BYTES) & ~7;
    for (let at = 0; at < payload.byteLength; at += pieceBytes) {
      const piece = payload.subarray(at, at + pieceBytes);
      const frame = this.frames.make(ETHERNET_HEADER_BYTES + IPV4_HEADER_BYTES + piece.byteLength);
      writeEthernetHeader(frame, 0, { dst: mac, src: GATEWAY_MAC, etherType: ETHERTYPE_IPV4 });
      writeIpv4Header(frame, ETHERNET_HEADER_BYTES, {
        src,
        dst,
        protocol,
        ttl,
        identification,
        dontFragment: false,
        moreFragments: at + pieceBytes < payload.byteLength,
        fragmentOffsetBytes: at,
        tos: 0,
        payloadBytes: piece.byteLength,
      });
      frame.set(piece, ETHERNET_HEADER_BYTES + IPV4_HEADER_BYTES);
      this.send(link, frame);
    }
  }

  private sendFragmentsV6(
    link: GuestLink,
    mac: Mac,
    src: IpAddress,
    dst: IpAddress,
    protocol: number,
    payload: Uint8Array,
    hopLimit: number,
  ): void {
    const identification = this.nextIdentification();
    const pieceBytes = (MTU_BYTES - IPV6_HEADER_BYTES - IPV6_FRAGMENT_HEADER_BYTES) & ~7;
    for (let at = 0; at < payload.byteLength; at += pieceBytes) {
      const packet = emitIpv6Fragment({
        src,
        dst,
        nextHeader: protocol,
        hopLimit,
        identification,
        offsetBytes: at,
        moreFragments: at + pieceBytes < payload.byteLength,
        payload: payload.subarray(at, at + pieceBytes),
      });
      this.sendEthernet(link, mac, ETHERTYPE_IPV6, packet);
    }
  }

  private writeIpHeader(
    frame: Uint8Array,
    src: IpAddress,
    dst: IpAddress,
    protocol: number,
    payloadBytes: number,
    hopLimit: number,
  ): void {
    if (addressFamily(dst) === 4) {
      writeIpv4Header(frame, ETHERNET_HEADER_BYTES, {
        src,
        dst,
        protocol,
        ttl: hopLimit,
        identification: this.nextIdentification(),
        dontFragment: protocol === PROTOCOL_TCP,
        moreFragments: false,
        fragmentOffsetBytes: 0,
        tos: 0,
        payloadBytes,
      });
    } else {
      writeIpv6Header(frame, ETHERNET_HEADER_BYTES, {
        src,
        dst,
        nextHeader: protocol,
        hopLimit,
        trafficClass: 0,
        flowLabel: 0,
        payloadBytes,
      });
    }
  }

  private nextIdentification(): number {
    this.identification = (this.identification + 1) & 0xffff;
    return this.identification;
  }

  private macFor(link: GuestLink, address: IpAddress): Mac | null {
    if (isForMany(address)) return groupMac(address);
    const mac = link.macOf(address);
    if (mac === null) this.whenUnknown(link, address);
    return mac;
  }
}

/** RFC 2464, 7: 33:33 and the last 32 bits. Of IPv6's groups the relay sends to all nodes only. */
function groupMac(address: IpAddress): Mac {
  return address === ALL_NODES_IPV6 ? '33:33:00:00:00:01' : BROADCAST_MAC;
}

/** Who a router's own messages come from. */
export const routerAddressFor = (guest: IpAddress): IpAddress =>
  addressFamily(guest) === 4 ? GATEWAY_IPV4 : GATEWAY_LINK_LOCAL;
