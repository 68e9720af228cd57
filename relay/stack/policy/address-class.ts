import { SPECIAL_BLOCKS } from '../../../src/shared/model/special-blocks.ts';
import { isOnSegment } from '../addresses.ts';
import { addressBytes, addressFamily, cidrContains, embeddedIpv4, parseCidr, parseIpAddress } from '../wire/address.ts';
import type { Cidr, IpAddress } from '../wire/address.ts';

/** What kind of place an address leads to, seen from the host that dials it. Only `global` is the outside. */
export type AddressClass =
  | 'global'
  | 'host'
  | 'neighbor'
  | 'loopback'
  | 'private'
  | 'shared'
  | 'link-local'
  | 'metadata'
  | 'documentation'
  | 'reserved'
  | 'unspecified'
  | 'multicast'
  | 'broadcast'
  | 'relay';

export interface Classified {
  readonly class: AddressClass;
  /**
   * The smallest known block around the address. A rule that means to open such an address has to lie within it, so
   * that `0.0.0.0/0` opens the outside and not the host's loopback. Null for `global`.
   */
  readonly block: Cidr | null;
}

export const CLASS_WORDS: Readonly<Record<AddressClass, string>> = {
  global: 'outside address',
  host: 'an address of the host itself',
  neighbor: 'an address on the host’s own network',
  loopback: 'loopback address',
  private: 'private address',
  shared: 'address within a provider’s network',
  'link-local': 'link-local address',
  metadata: 'cloud metadata address',
  documentation: 'address reserved for documentation',
  reserved: 'reserved address',
  unspecified: 'unspecified address',
  multicast: 'multicast address',
  broadcast: 'broadcast address',
  relay: 'the VMs’ own network',
};

/** Nothing can be dialled there (or, for 0.0.0.0 and the VMs' own network, it would be somewhere else): no rule opens them. */
const NEVER_OPEN: ReadonlySet<AddressClass> = new Set(['unspecified', 'multicast', 'broadcast', 'relay']);

export const canBeOpened = (kind: AddressClass): boolean => !NEVER_OPEN.has(kind);

/** The first block that holds an address classes it. */
const BLOCKS: readonly (readonly [AddressClass, Cidr])[] = SPECIAL_BLOCKS.flatMap(([kind, ...texts]) =>
  texts.map((text) => [kind, cidr(text)] as const),
);

/** IPv6 with a global IPv4 address inside that is a way to it, and not a guess at one (RFC 6052). */
const NAT64 = cidr('64:ff9b::/96');
/** All global unicast addresses given out so far. */
const GLOBAL_IPV6 = cidr('2000::/3');
/** Protocol assignments, Teredo among them; 6to4. Both are tunnels whose far end the inner address names. */
const GLOBAL_IPV6_BUT = [cidr('2001::/23'), cidr('2002::/16')];

/**
 * The address the host's system would in fact dial: IPv4 for an IPv4-mapped one, which a system treats as the same.
 */
export function dialledAddress(address: IpAddress): IpAddress {
  const isMapped = address.startsWith('::ffff:') && address.includes('.');
  return isMapped ? (embeddedIpv4(address) ?? address) : address;
}

/** Where the host is: what is reached from there as if from inside, whatever the address looks like. */
export interface HostPlace {
  /** Of its interfaces. */
  readonly addresses: ReadonlySet<IpAddress>;
  /**
   * What is on the same links. With IPv6, and in many an office, those have addresses like everybody's, and only the
   * firewall that the host is behind keeps the world from the printer.
   */
  readonly networks: readonly Cidr[];
}

/** No link is larger: what claims to be one is a way to everywhere, such as a tunnel. */
const LINK_PREFIX_MIN_BITS = { 4: 8, 6: 32 };
/** Of an IPv6 link, whatever part of it the system gave to this one host (RFC 4291, 2.5.1). */
const LINK_PREFIX_MAX_BITS_V6 = 64;

/** @param texts addresses, with the length of their link's prefix where it is known; what is neither is skipped */
export function hostPlace(texts: readonly string[]): HostPlace {
  const addresses = new Set<IpAddress>();
  const networks: Cidr[] = [];
  for (const text of texts) {
    const [addressText = '', bits] = text.replace(/%[^/]*/, '').split('/');
    const address = parseIpAddress(addressText);
    if (address === null) continue;
    addresses.add(dialledAddress(address));
    if (bits === undefined) continue;
    const isV6 = addressFamily(address) === 6;
    const link = parseCidr(`${address}/${isV6 ? Math.min(Number(bits), LINK_PREFIX_MAX_BITS_V6) : bits}`);
    if (link && link.prefixLength >= LINK_PREFIX_MIN_BITS[link.family]) networks.push(link);
  }
  return { addresses, networks };
}

/** @param address as {@link dialledAddress} gives it */
export function classifyAddress(address: IpAddress, host: HostPlace): Classified {
  if (isOnSegment(address)) return { class: 'relay', block: alone(address) };
  if (host.addresses.has(address)) {
    const own = fromBlocks(address);
    return own?.class === 'loopback' ? own : { class: 'host', block: alone(address) };
  }
  // Before the blocks: what is inside decides, so that a rule for the outer block opens no way around another.
  const embedded = embeddedIpv4(address) ?? isatapIpv4(address);
  if (embedded !== null) {
    const inner = classifyAddress(embedded, host);
    if (inner.class !== 'global') return { class: inner.class, block: alone(address) };
    if (cidrContains(NAT64, address)) return { class: 'global', block: null };
  }
  const special = fromBlocks(address);
  if (special) return special;
  const link = host.networks.find((network) => cidrContains(network, address));
  if (link) return { class: 'neighbor', block: link };
  if (addressFamily(address) === 4) return { class: 'global', block: null };
  for (const block of GLOBAL_IPV6_BUT) if (cidrContains(block, address)) return { class: 'reserved', block };
  if (cidrContains(GLOBAL_IPV6, address)) return { class: 'global', block: null };
  return { class: 'reserved', block: alone(address) };
}

function fromBlocks(address: IpAddress): Classified | null {
  for (const [kind, block] of BLOCKS) if (cidrContains(block, address)) return { class: kind, block };
  return null;
}

/** An interface identifier `0:5efe:a.b.c.d` or `200:5efe:a.b.c.d`: an ISATAP host tunnels to a.b.c.d (RFC 5214, 6.1). */
function isatapIpv4(address: IpAddress): IpAddress | null {
  const bytes = addressBytes(address);
  if (bytes.length !== 16 || bytes[10] !== 0x5e || bytes[11] !== 0xfe) return null;
  if (((bytes[8] ?? 0) & ~0x02) !== 0 || bytes[9] !== 0) return null;
  return bytes.subarray(12).join('.');
}

function alone(address: IpAddress): Cidr {
  const family = addressFamily(address);
  return { address, prefixLength: family === 4 ? 32 : 128, family };
}

function cidr(text: string): Cidr {
  const parsed = parseCidr(text);
  if (!parsed) throw new Error(`not a block of addresses: ${text}`);
  return parsed;
}
