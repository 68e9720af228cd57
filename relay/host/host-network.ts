import { Resolver } from 'node:dns';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { parseIpAddress } from '../stack/wire/address.ts';

export interface DnsServer {
  /** With a zone (`fe80::1%eth0`) where the host's configuration has one. */
  readonly address: string;
  readonly port: number;
}

const DNS_PORT = 53;

/** Resolvers look at no more than three either (resolv.conf(5)). */
const DNS_SERVERS_MAX = 3;

/** Reading the configuration anew takes about 0.1 ms; a change of network is noticed this soon. */
const DNS_SERVERS_AGE_MS = 5000;

/** The host's addresses with the lengths of their links' prefixes, and whether it has IPv6 that leads anywhere. */
export function hostAddresses(interfaces = networkInterfaces()): { addresses: string[]; hasIpv6: boolean } {
  const addresses: string[] = [];
  let hasIpv6 = false;
  for (const entries of Object.values(interfaces)) {
    for (const entry of entries ?? []) {
      const address = parseIpAddress(entry.address.replace(/%.*$/, ''));
      if (address === null) continue;
      addresses.push(entry.cidr === null ? address : `${address}/${entry.cidr.replace(/^.*\//, '')}`);
      // fe80::/10 leads no further than the next switch.
      if (entry.family === 'IPv6' && !entry.internal && !/^fe[89ab]/.test(address)) hasIpv6 = true;
    }
  }
  return { addresses, hasIpv6 };
}

/** Looking takes about 0.1 ms, and a page opens tens of connections at once. */
const HOST_LOOK_MS = 1000;

/**
 * Notices that the host's addresses have changed while it runs: IPv6 draws new ones every day, a VPN comes up.
 * @param look for tests
 */
export class HostAddressWatch {
  readonly #look: () => readonly string[];
  #known: string;
  #lookedAtMs: number;

  constructor(known: readonly string[], nowMs: number, look = () => hostAddresses().addresses) {
    this.#known = known.join();
    this.#lookedAtMs = nowMs;
    this.#look = look;
  }

  /** @returns the new addresses when they differ from those of the last look; null otherwise, or soon after one */
  changed(nowMs: number): readonly string[] | null {
    if (nowMs - this.#lookedAtMs < HOST_LOOK_MS) return null;
    this.#lookedAtMs = nowMs;
    const addresses = this.#look();
    if (addresses.join() === this.#known) return null;
    this.#known = addresses.join();
    return addresses;
  }
}

/** `192.0.2.1`, `192.0.2.1:5353`, `2001:db8::1` or `[2001:db8::1]:5353`; null for anything else. */
export function parseDnsServer(text: string): DnsServer | null {
  const match = /^\[([^\]]+)\](?::(\d{1,5}))?$/.exec(text) ?? /^([^:]+):(\d{1,5})$/.exec(text);
  const address = match?.[1] ?? text;
  const port = match?.[2] === undefined ? DNS_PORT : Number(match[2]);
  return isIP(address) !== 0 && port > 0 && port <= 65535 ? { address, port } : null;
}

/** The host's DNS servers, read anew from time to time. */
export function hostDnsServers(nowMs: () => number): () => readonly DnsServer[] {
  let servers: readonly DnsServer[] = [];
  let readAtMs = -Infinity;
  return () => {
    if (nowMs() - readAtMs < DNS_SERVERS_AGE_MS) return servers;
    readAtMs = nowMs();
    // Only a new Resolver reads the configuration; node:dns itself keeps what it read at its start.
    const texts = new Resolver().getServers();
    servers = texts.map(parseDnsServer).filter((server) => server !== null);
    servers = servers.slice(0, DNS_SERVERS_MAX);
    return servers;
  };
}
