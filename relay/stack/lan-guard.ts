import { GATEWAY_MAC, isOwnAddress } from './addresses.ts';
import { readU16 } from './wire/bytes.ts';
import { parseArp } from './wire/arp.ts';
import { ETHERTYPE_ARP, ETHERTYPE_IPV4, ETHERTYPE_IPV6, type EthernetFrame } from './wire/ethernet.ts';
import { parseIpv4, PROTOCOL_ICMPV6, PROTOCOL_UDP } from './wire/ipv4.ts';
import { parseIpv6 } from './wire/ipv6.ts';
import { Malformed } from './wire/malformed.ts';
import { addressAt } from './wire/address.ts';

const DHCP_CLIENT_PORTS = [68, 546];
const ICMPV6_ROUTER_ADVERTISEMENT = 134;
const ICMPV6_NEIGHBOR_ADVERTISEMENT = 136;
const ICMPV6_REDIRECT = 137;
const UDP_HEADER_BYTES = 8;
const NEIGHBOR_TARGET_AT = 8;
const NEIGHBOR_TARGET_END = 24;

/**
 * Whether a VM of a LAN passes itself off as the relay in this frame. Its neighbours may be allowed more than it is, and
 * take the way through the gateway: a VM that could say that it is the gateway, its DNS or DHCP server or another router
 * would read and change what they send and tell them what names mean. Only the relay says such things.
 */
export function impersonatesRelay({ src, etherType, payload }: EthernetFrame): boolean {
  if (src === GATEWAY_MAC) return true;
  switch (etherType) {
    case ETHERTYPE_ARP: {
      const message = parseArp(payload);
      return message instanceof Malformed || isOwnAddress(message.senderIp);
    }
    case ETHERTYPE_IPV4: {
      const packet = parseIpv4(payload);
      if (packet instanceof Malformed) return true;
      const isFirst = packet.fragmentOffsetBytes === 0;
      return (
        isOwnAddress(packet.src) || (isFirst && packet.protocol === PROTOCOL_UDP && isForDhcpClient(packet.payload))
      );
    }
    case ETHERTYPE_IPV6: {
      // Headers whose end is not to be found could hide what follows them (RFC 7113).
      const packet = parseIpv6(payload);
      if (packet instanceof Malformed || isOwnAddress(packet.src)) return true;
      const { fragment, nextHeader } = packet;
      if (nextHeader === PROTOCOL_UDP) return (fragment?.offsetBytes ?? 0) === 0 && isForDhcpClient(packet.payload);
      if (nextHeader !== PROTOCOL_ICMPV6) return false;
      // Neighbour discovery comes in no fragments (RFC 6980), but not every system refuses those that do.
      return (fragment?.offsetBytes ?? 0) === 0 && isRouterTalk(packet.payload);
    }
    default:
      return false;
  }
}

function isForDhcpClient(udp: Uint8Array): boolean {
  return udp.length < UDP_HEADER_BYTES || DHCP_CLIENT_PORTS.includes(readU16(udp, 2));
}

function isRouterTalk(icmp: Uint8Array): boolean {
  switch (icmp[0]) {
    case ICMPV6_ROUTER_ADVERTISEMENT:
    case ICMPV6_REDIRECT:
      return true;
    case ICMPV6_NEIGHBOR_ADVERTISEMENT:
      return icmp.length < NEIGHBOR_TARGET_END || isOwnAddress(addressAt(icmp, NEIGHBOR_TARGET_AT, 16));
    default:
      return icmp.length === 0;
  }
}
