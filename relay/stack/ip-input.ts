import { isForMany, isGateway, isOnSegment, isOwnAddress, UNSPECIFIED_IPV4, UNSPECIFIED_IPV6 } from './addresses.ts';
import type { Core, IpPacket } from './core.ts';
import { replyToEcho, type PingFlows } from './flows/ping-flows.ts';
import type { TcpFlows } from './flows/tcp-flows.ts';
import type { UdpFlows } from './flows/udp-flows.ts';
import { Reassembler } from './fragments.ts';
import { QUOTE_MAX_BYTES_V4, routerAddressFor } from './ip-output.ts';
import type { GuestLink } from './link.ts';
import { answerArp, answerNeighborDiscovery } from './neighbors.ts';
import type { DhcpService } from './services/dhcp-service.ts';
import type { DnsService } from './services/dns-service.ts';
import { addressFamily, isMulticast, type IpAddress, type Mac } from './wire/address.ts';
import { ETHERTYPE_ARP, ETHERTYPE_IPV4, ETHERTYPE_IPV6, type EthernetFrame } from './wire/ethernet.ts';
import { parseIcmpv4 } from './wire/icmpv4.ts';
import { parseIcmpv6 } from './wire/icmpv6.ts';
import { parseIpv4, PROTOCOL_ICMP, PROTOCOL_ICMPV6, PROTOCOL_TCP, PROTOCOL_UDP } from './wire/ipv4.ts';
import { isWholeIpv6, joinIpv6, parseIpv6, type Ipv6Packet } from './wire/ipv6.ts';
import { Malformed } from './wire/malformed.ts';
import { parseUdp } from './wire/udp.ts';

export interface IpServices {
  readonly tcp: TcpFlows;
  readonly udp: UdpFlows;
  readonly pings: PingFlows;
  readonly dhcp: DhcpService;
  readonly dns: DnsService;
}

/** RFC 4443, 3.1 and RFC 792: what a protocol nobody speaks here is answered with. */
const CODE_PROTOCOL_UNREACHABLE = 2;

/** Takes what a guest sent to the relay apart and gives it to who deals with it. */
export class IpInput {
  private readonly core: Core;
  private readonly services: IpServices;
  private readonly fragments = new Map<GuestLink, Reassembler>();

  constructor(core: Core, services: IpServices) {
    this.core = core;
    this.services = services;
  }

  /** @returns why the frame was dropped as malformed, or null */
  receive(link: GuestLink, frame: EthernetFrame): Malformed | null {
    switch (frame.etherType) {
      case ETHERTYPE_ARP:
        return answerArp(this.core, link, frame.payload);
      case ETHERTYPE_IPV4:
        return this.receiveIpv4(link, frame);
      case ETHERTYPE_IPV6:
        return this.receiveIpv6(link, frame);
      default:
        // LLDP, spanning tree and the like: nothing for us.
        return null;
    }
  }

  dropLink(link: GuestLink): void {
    this.fragments.delete(link);
  }

  private receiveIpv4(link: GuestLink, frame: EthernetFrame): Malformed | null {
    const packet = parseIpv4(frame.payload);
    if (packet instanceof Malformed) return packet;
    let { payload } = packet;
    if (packet.moreFragments || packet.fragmentOffsetBytes > 0) {
      const whole = this.reassembler(link).add(
        {
          src: packet.src,
          dst: packet.dst,
          protocol: packet.protocol,
          identification: packet.identification,
          offsetBytes: packet.fragmentOffsetBytes,
          moreFragments: packet.moreFragments,
          payload,
        },
        this.core.nowMs,
      );
      if (!whole) return null;
      payload = whole;
    }
    const { src, dst, protocol, ttl } = packet;
    return this.dispatch(link, frame.src, { src, dst, protocol, hopLimit: ttl, payload, bytes: frame.payload });
  }

  private receiveIpv6(link: GuestLink, frame: EthernetFrame): Malformed | null {
    const packet = parseIpv6(frame.payload);
    if (packet instanceof Malformed) return packet;
    if (isWholeIpv6(packet)) return this.dispatchIpv6(link, frame, packet);
    const whole = this.reassembler(link).addIpv6(packet, this.core.nowMs);
    if (!whole) return null;
    const joined = joinIpv6(packet, whole);
    return joined instanceof Malformed ? joined : this.dispatchIpv6(link, frame, joined);
  }

  private dispatchIpv6(link: GuestLink, frame: EthernetFrame, packet: Ipv6Packet): Malformed | null {
    const { src, dst, nextHeader: protocol, hopLimit, payload } = packet;
    return this.dispatch(link, frame.src, { src, dst, protocol, hopLimit, payload, bytes: frame.payload });
  }

  private dispatch(link: GuestLink, mac: Mac, packet: IpPacket): Malformed | null {
    const { src, dst, protocol } = packet;
    if (src === UNSPECIFIED_IPV4 || src === UNSPECIFIED_IPV6) {
      // Before it has an address a guest says DHCP, and asks whether an address is taken (RFC 4862).
      if (protocol === PROTOCOL_UDP) return this.receiveUdp(link, mac, packet);
      if (protocol === PROTOCOL_ICMPV6) return this.receiveIcmpv6(link, packet);
      return null;
    }
    // Nothing is forwarded on behalf of addresses that are not the segment's, nor of our own.
    if (!isOnSegment(src) || isOwnAddress(src) || isMulticast(src)) return null;
    link.learnNeighbor(src, mac);
    if (this.isForNeighbor(dst)) return null;
    if (packet.hopLimit <= 1 && !isOwnAddress(dst) && !isForMany(dst)) {
      this.core.output.sendTimeExceeded(link, routerAddressFor(src), src, packet.bytes);
      return null;
    }
    switch (protocol) {
      case PROTOCOL_TCP:
        if (isForMany(dst)) return null;
        return this.services.tcp.receive(link, packet);
      case PROTOCOL_UDP:
        return this.receiveUdp(link, mac, packet);
      case PROTOCOL_ICMP:
        return addressFamily(src) === 4 ? this.receiveIcmpv4(link, packet) : null;
      case PROTOCOL_ICMPV6:
        return addressFamily(src) === 6 ? this.receiveIcmpv6(link, packet) : null;
      default:
        if (isGateway(dst) && addressFamily(src) === 4) {
          const original = packet.bytes.subarray(0, QUOTE_MAX_BYTES_V4);
          const message = { kind: 'unreachable' as const, code: CODE_PROTOCOL_UNREACHABLE, original };
          this.core.output.sendIcmpv4(link, dst, src, message);
        }
        return null;
    }
  }

  private receiveUdp(link: GuestLink, mac: Mac, packet: IpPacket): Malformed | null {
    const datagram = parseUdp(packet.payload, packet.src, packet.dst);
    if (datagram instanceof Malformed) return datagram;
    const { dhcp, dns, udp } = this.services;
    if (dhcp.owns(packet.dst, datagram.dstPort)) return dhcp.receive(link, mac, datagram);
    if (packet.src === UNSPECIFIED_IPV4 || packet.src === UNSPECIFIED_IPV6) return null;
    if (dns.owns(packet.dst, datagram.dstPort)) dns.receiveUdp(link, packet, datagram);
    else udp.receive(link, packet, datagram);
    return null;
  }

  private receiveIcmpv4(link: GuestLink, packet: IpPacket): Malformed | null {
    const message = parseIcmpv4(packet.payload);
    if (message instanceof Malformed) return message;
    if (message.kind === 'echo-request') this.receiveEcho(link, packet, message);
    return null;
  }

  private receiveIcmpv6(link: GuestLink, packet: IpPacket): Malformed | null {
    const message = parseIcmpv6(packet.payload, packet.src, packet.dst);
    if (message instanceof Malformed) return message;
    if (answerNeighborDiscovery(this.core, link, packet, message)) return null;
    if (message.kind === 'echo-request') this.receiveEcho(link, packet, message);
    return null;
  }

  private receiveEcho(link: GuestLink, packet: IpPacket, request: Parameters<typeof replyToEcho>[3]): void {
    if (isOwnAddress(packet.dst)) replyToEcho(this.core, link, packet, request);
    else if (!isForMany(packet.dst)) this.services.pings.request(link, packet, request);
  }

  /** Another guest's address on the segment: the switch has delivered it, or nobody has it. */
  private isForNeighbor(dst: IpAddress): boolean {
    return isOnSegment(dst) && !isOwnAddress(dst) && !isForMany(dst);
  }

  private reassembler(link: GuestLink): Reassembler {
    let reassembler = this.fragments.get(link);
    if (!reassembler) {
      reassembler = new Reassembler();
      this.fragments.set(link, reassembler);
    }
    return reassembler;
  }
}
