import {
  ALL_NODES_IPV6,
  DNS_IPV6,
  GATEWAY_IPV4,
  GATEWAY_LINK_LOCAL,
  GATEWAY_MAC,
  isOwnAddress,
  MTU_BYTES,
  PREFIX_IPV6,
  PREFIX_LENGTH_IPV6,
  UNSPECIFIED_IPV4,
  UNSPECIFIED_IPV6,
} from './addresses.ts';
import type { Core, IpPacket } from './core.ts';
import type { GuestLink } from './link.ts';
import { emitArp, parseArp } from './wire/arp.ts';
import type { Icmpv6Message } from './wire/icmpv6.ts';
import { BROADCAST_MAC, ZERO_MAC, type IpAddress } from './wire/address.ts';
import { ETHERTYPE_ARP } from './wire/ethernet.ts';
import { Malformed } from './wire/malformed.ts';

/** RFC 4861 asks for at most 9000 s; guests ask again on every link-up. */
const ROUTER_LIFETIME_S = 1800;
const PREFIX_LIFETIME_S = 86_400;
/** Neighbour discovery is only believed from the segment itself (RFC 4861, 7.1). */
const NEIGHBOR_HOP_LIMIT = 255;

/** Answers who has the relay's addresses, IPv4 (RFC 826). @returns false when the frame is not ARP */
export function answerArp(core: Core, link: GuestLink, payload: Uint8Array): Malformed | null {
  const request = parseArp(payload);
  if (request instanceof Malformed) return request;
  if (request.senderIp !== UNSPECIFIED_IPV4 && !isOwnAddress(request.senderIp)) {
    link.learnNeighbor(request.senderIp, request.senderMac);
  }
  if (request.operation !== 'request' || !isOwnAddress(request.targetIp)) return null;
  const reply = emitArp({
    operation: 'reply',
    senderMac: GATEWAY_MAC,
    senderIp: request.targetIp,
    targetMac: request.senderMac,
    targetIp: request.senderIp,
  });
  core.output.sendEthernet(link, request.senderMac, ETHERTYPE_ARP, reply);
  return null;
}

/** Asks the guest who has an address of its segment; the answer is learned when it comes. */
export function askArp(core: Core, link: GuestLink, address: IpAddress): void {
  const request = emitArp({
    operation: 'request',
    senderMac: GATEWAY_MAC,
    senderIp: GATEWAY_IPV4,
    targetMac: ZERO_MAC,
    targetIp: address,
  });
  core.output.sendEthernet(link, BROADCAST_MAC, ETHERTYPE_ARP, request);
}

/** Neighbour discovery and router advertisement (RFC 4861). @returns true when the message was one of these */
export function answerNeighborDiscovery(
  core: Core,
  link: GuestLink,
  packet: IpPacket,
  message: Icmpv6Message,
): boolean {
  switch (message.kind) {
    case 'neighbor-solicitation':
      if (packet.hopLimit !== NEIGHBOR_HOP_LIMIT) return true;
      if (message.linkAddress !== null && packet.src !== UNSPECIFIED_IPV6) {
        link.learnNeighbor(packet.src, message.linkAddress);
      }
      if (isOwnAddress(message.target) && packet.src !== UNSPECIFIED_IPV6) {
        core.output.sendIcmpv6(link, message.target, packet.src, {
          kind: 'neighbor-advertisement',
          target: message.target,
          isRouter: true,
          isSolicited: true,
          isOverride: true,
          linkAddress: GATEWAY_MAC,
        });
      }
      return true;
    case 'neighbor-advertisement':
      if (packet.hopLimit === NEIGHBOR_HOP_LIMIT && message.linkAddress !== null && !isOwnAddress(message.target)) {
        link.learnNeighbor(message.target, message.linkAddress);
      }
      return true;
    case 'router-solicitation':
      if (packet.hopLimit !== NEIGHBOR_HOP_LIMIT) return true;
      if (message.linkAddress !== null && packet.src !== UNSPECIFIED_IPV6) {
        link.learnNeighbor(packet.src, message.linkAddress);
      }
      advertiseRouter(core, link);
      return true;
    case 'router-advertisement':
      return true;
    default:
      return false;
  }
}

/**
 * The prefix and the DNS server. Without IPv6 on the host there is no default route either, so that programs in the
 * guest fail at once and take IPv4.
 */
export function advertiseRouter(core: Core, link: GuestLink): void {
  core.output.sendIcmpv6(link, GATEWAY_LINK_LOCAL, ALL_NODES_IPV6, {
    kind: 'router-advertisement',
    hopLimit: 64,
    isManaged: false,
    hasOtherConfig: false,
    routerLifetimeS: core.hostHasIpv6 ? ROUTER_LIFETIME_S : 0,
    reachableMs: 0,
    retransmitMs: 0,
    linkAddress: GATEWAY_MAC,
    mtuBytes: MTU_BYTES,
    prefixes: [
      {
        prefix: PREFIX_IPV6,
        prefixLength: PREFIX_LENGTH_IPV6,
        isOnLink: true,
        isAutonomous: true,
        validS: PREFIX_LIFETIME_S,
        preferredS: PREFIX_LIFETIME_S,
      },
    ],
    dnsServers: { lifetimeS: ROUTER_LIFETIME_S, addresses: [DNS_IPV6] },
  });
}
