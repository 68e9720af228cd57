import { BlockList, isIP } from 'node:net';
import { SPECIAL_BLOCKS, type SpecialClass } from '../../../shared/model/special-blocks.ts';

/** As many as fetch itself follows. */
export const MOST_REDIRECTS = 20;

/** What only this computer or its own network can reach. */
const INSIDE_CLASSES: ReadonlySet<SpecialClass> = new Set([
  'metadata',
  'unspecified',
  'loopback',
  'private',
  'shared',
  'link-local',
  'broadcast',
  'multicast',
]);
/** IPv6 ways of writing IPv4: RFC 6052, RFC 3056. */
const TRANSLATED = ['64:ff9b::/96', '2002::/16'];

const INSIDE = new BlockList();
for (const text of [
  ...SPECIAL_BLOCKS.flatMap(([kind, ...texts]) => (INSIDE_CLASSES.has(kind) ? texts : [])),
  ...TRANSLATED,
]) {
  const [network = '', bits] = text.split('/');
  const family = isIP(network) === 6 ? 'ipv6' : 'ipv4';
  if (bits === undefined) INSIDE.addAddress(network, family);
  else INSIDE.addSubnet(network, Number(bits), family);
}

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
