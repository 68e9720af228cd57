import { BROADCAST_IPV4, GATEWAY_IPV4, LIMITED_BROADCAST_IPV4, UNSPECIFIED_IPV4 } from '../addresses.ts';
import type { Core } from '../core.ts';
import type { GuestLink } from '../link.ts';
import { hostLabel } from '../../../src/shared/model/host-label.ts';
import type { IpAddress, Mac } from '../wire/address.ts';
import { emitDhcp, parseDhcp } from '../wire/dhcp.ts';
import { Malformed } from '../wire/malformed.ts';
import type { UdpDatagram } from '../wire/udp.ts';

const SERVER_PORT = 67;
const CLIENT_PORT = 68;

/** The segment's DHCP server, on the wire (RFC 2131, 4.1). */
export class DhcpService {
  private readonly core: Core;

  constructor(core: Core) {
    this.core = core;
  }

  owns(dst: IpAddress, port: number): boolean {
    return port === SERVER_PORT && (dst === LIMITED_BROADCAST_IPV4 || dst === BROADCAST_IPV4 || dst === GATEWAY_IPV4);
  }

  receive(link: GuestLink, mac: Mac, datagram: UdpDatagram): Malformed | null {
    const message = parseDhcp(datagram.payload);
    if (message instanceof Malformed) return message;
    const client = { key: link.vm.id, hostName: hostLabel(link.vm.name) };
    const reply = link.segment.dhcp.receive(message, client, this.core.nowMs);
    if (!reply) return null;
    if (reply.yiaddr !== UNSPECIFIED_IPV4) link.learnNeighbor(reply.yiaddr, message.chaddr);
    // A client that has no address yet, or is told that its own is wrong, may not take packets sent to it.
    const hasAddress = message.ciaddr !== UNSPECIFIED_IPV4 && !message.broadcast && !reply.broadcast;
    const dst = hasAddress ? message.ciaddr : LIMITED_BROADCAST_IPV4;
    this.core.output.sendUdp(link, GATEWAY_IPV4, SERVER_PORT, dst, CLIENT_PORT, emitDhcp(reply), mac);
    return null;
  }
}
