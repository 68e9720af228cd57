import { cidrContains, isMulticast, parseCidr, type Cidr, type IpAddress, type Mac } from './wire/address.ts';

/*
 * The network every VM finds itself in. The IPv4 half is the one QEMU's user networking made customary; the IPv6
 * half is a unique local prefix (RFC 4193) of our own.
 */

export const GATEWAY_MAC: Mac = '52:55:0a:00:02:02';
export const GATEWAY_IPV4: IpAddress = '10.0.2.2';
export const DNS_IPV4: IpAddress = '10.0.2.3';
export const FIRST_GUEST_IPV4: IpAddress = '10.0.2.15';
export const LAST_GUEST_IPV4: IpAddress = '10.0.2.254';
export const NETMASK_IPV4: IpAddress = '255.255.255.0';
export const BROADCAST_IPV4: IpAddress = '10.0.2.255';
export const LIMITED_BROADCAST_IPV4: IpAddress = '255.255.255.255';
export const UNSPECIFIED_IPV4: IpAddress = '0.0.0.0';

export const PREFIX_IPV6: IpAddress = 'fd54:6572:7261::';
export const PREFIX_LENGTH_IPV6 = 64;
export const GATEWAY_IPV6: IpAddress = 'fd54:6572:7261::2';
export const GATEWAY_LINK_LOCAL: IpAddress = 'fe80::2';
export const DNS_IPV6: IpAddress = 'fd54:6572:7261::3';
export const UNSPECIFIED_IPV6: IpAddress = '::';
export const ALL_NODES_IPV6: IpAddress = 'ff02::1';

/** What the guest's interface carries in one IP packet; super segments are cut or taken by its network card. */
export const MTU_BYTES = 1500;

/** Addresses the relay itself answers for. */
export const isOwnAddress = (address: IpAddress): boolean => OWN.has(address);
const OWN = new Set<IpAddress>([GATEWAY_IPV4, DNS_IPV4, GATEWAY_IPV6, GATEWAY_LINK_LOCAL, DNS_IPV6]);

export const isGateway = (address: IpAddress): boolean =>
  address === GATEWAY_IPV4 || address === GATEWAY_IPV6 || address === GATEWAY_LINK_LOCAL;

export const isDnsServer = (address: IpAddress): boolean => address === DNS_IPV4 || address === DNS_IPV6;

const isBroadcast = (address: IpAddress): boolean => address === BROADCAST_IPV4 || address === LIMITED_BROADCAST_IPV4;

/** What is sent there is answered with no ICMP error (RFC 1122, 3.2.2) and no reset (RFC 9293, 3.9.2.3). */
export const isForMany = (address: IpAddress): boolean => isMulticast(address) || isBroadcast(address);

const SUBNETS: readonly Cidr[] = ['10.0.2.0/24', 'fd54:6572:7261::/64', 'fe80::/10'].map((text) => {
  const cidr = parseCidr(text);
  if (!cidr) throw new Error(`not a subnet: ${text}`);
  return cidr;
});

/** Addresses a guest may send from, and that are reached on its own segment. */
export const isOnSegment = (address: IpAddress): boolean => SUBNETS.some((subnet) => cidrContains(subnet, address));
