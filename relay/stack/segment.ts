import { hostLabel } from '../../src/shared/model/host-label.ts';
import {
  BROADCAST_IPV4,
  DNS_IPV4,
  FIRST_GUEST_IPV4,
  GATEWAY_IPV4,
  GATEWAY_IPV6,
  LAST_GUEST_IPV4,
  MTU_BYTES,
  NETMASK_IPV4,
} from './addresses.ts';
import { DhcpServer } from './dhcp/server.ts';
import type { IpAddress } from './wire/address.ts';

/** A lease outlives a night's sleep; the guest renews at half of it. */
const LEASE_S = 24 * 60 * 60;

const HOST_NAMES = new Set(['host.terrarium', 'host.docker.internal', 'gateway.terrarium']);

/** What the segment's services know of a VM on it. */
export interface SegmentMember {
  readonly vm: { readonly id: string; readonly name: string };
}

/**
 * One Ethernet segment: a VM by itself, or the VMs of a named LAN. It has its own addresses, so that VMs which are
 * not on one LAN may have equal ones, MAC addresses included.
 */
export class Segment {
  /** Null for a VM by itself. */
  readonly lan: string | null;
  readonly members = new Set<SegmentMember>();
  readonly dhcp = new DhcpServer({
    firstAddress: FIRST_GUEST_IPV4,
    lastAddress: LAST_GUEST_IPV4,
    serverAddress: GATEWAY_IPV4,
    router: GATEWAY_IPV4,
    dnsServer: DNS_IPV4,
    netmask: NETMASK_IPV4,
    broadcast: BROADCAST_IPV4,
    mtuBytes: MTU_BYTES,
    domain: 'terrarium',
    leaseS: LEASE_S,
  });

  constructor(lan: string | null) {
    this.lan = lan;
  }

  /** Addresses of names that only exist here, or null for a name the outside is asked for. */
  localAddresses(name: string): readonly IpAddress[] | null {
    if (HOST_NAMES.has(name)) return [GATEWAY_IPV4, GATEWAY_IPV6];
    const label = name.endsWith('.terrarium') ? name.slice(0, -'.terrarium'.length) : name;
    for (const member of this.members) {
      if (hostLabel(member.vm.name) !== label) continue;
      const address = this.dhcp.leaseOf(member.vm.id);
      return address === null ? [] : [address];
    }
    return name.endsWith('.terrarium') ? [] : null;
  }

  /** The name of the VM that has this address. */
  nameOf(address: IpAddress): string | null {
    if (address === GATEWAY_IPV4) return 'host.terrarium';
    for (const member of this.members) {
      if (this.dhcp.leaseOf(member.vm.id) === address) return `${hostLabel(member.vm.name)}.terrarium`;
    }
    return null;
  }
}
