import { BlockList, isIP } from 'node:net';

/** As many as fetch itself follows. */
export const MOST_REDIRECTS = 20;

/** What only this computer or its own network can reach, and IPv6 ways of writing IPv4: RFC 1122, 1918, 3056, 3927, 4193, 4291, 6052, 6598. */
const INSIDE = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const)
  INSIDE.addSubnet(network, prefix, 'ipv4');
INSIDE.addAddress('::', 'ipv6');
INSIDE.addAddress('::1', 'ipv6');
INSIDE.addSubnet('64:ff9b::', 96, 'ipv6');
INSIDE.addSubnet('2002::', 16, 'ipv6');
INSIDE.addSubnet('fc00::', 7, 'ipv6');
INSIDE.addSubnet('fe80::', 10, 'ipv6');

/** Where an URL leads. */
export interface Place {
  readonly url: URL;
  /** What its name stands for just now; none for a literal address. */
  readonly addresses: readonly string[];
}

/** Whether it is something inside: as a literal address, as localhost, or by what its name stands for. */
export function isInside({ url, addresses }: Place): boolean {
  const host = hostOf(url);
  return host === 'localhost' || host.endsWith('.localhost') || [host, ...addresses].some(isInsideAddress);
}

/** The name to look up; null for a literal address. */
export function nameIn(url: URL): string | null {
  const host = hostOf(url);
  return isIP(host) === 0 ? host : null;
}

/**
 * Why a redirect is not followed. A mirror outside must not make this computer ask its own network for anything.
 * @param mirror what a person named
 * @param next where an answer leads
 * @returns null when it is followed
 */
export function redirectFault(mirror: Place, next: Place): string | null {
  const { href, protocol } = mirror.url;
  if (next.url.protocol !== 'https:' && next.url.protocol !== 'http:')
    return `“${href}” leads to an address that is not of the web, which was not followed.`;
  if (protocol === 'https:' && next.url.protocol !== 'https:')
    return `“${href}” leads to an address without encryption, which was not followed.`;
  if (isInside(next) && !isInside(mirror))
    return `“${href}” leads to an address of this computer or its own network, which was not followed. Try another mirror.`;
  return null;
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
}

function isInsideAddress(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && INSIDE.check(address, family === 6 ? 'ipv6' : 'ipv4');
}
