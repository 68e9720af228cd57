import type { PortRange, Protocol, Rule } from '../../../src/shared/model/network.ts';
import { parseCidr, type Cidr } from '../wire/address.ts';
import { dialledAddress } from './address-class.ts';
import { domainText, parseDomainPattern, type DomainPattern } from './domain.ts';

/** A rule with its texts parsed. A part that is null matches everything. */
export interface CompiledRule {
  readonly isAllow: boolean;
  readonly domain: DomainPattern | null;
  readonly cidr: Cidr | null;
  readonly ports: readonly PortRange[] | null;
  readonly protocol: Protocol | null;
  /** `rule 3: deny *.ads.example` */
  readonly words: string;
}

/** @returns The rule, or a sentence about what is wrong with it. */
export function compileRule(rule: Rule, number: number): CompiledRule | string {
  const ports = rule.ports ?? null;
  const protocol = rule.protocol ?? null;
  if (ports?.length === 0) return `Rule ${number} has an empty list of ports. Leave the list out to mean every port.`;
  if (ports !== null && protocol === 'icmp')
    return `Rule ${number} is for ICMP, which has no ports. Leave the ports out.`;

  let domain: DomainPattern | null = null;
  if (rule.domain !== undefined) {
    const parsed = parseDomainPattern(rule.domain);
    if (typeof parsed === 'string') return `The domain of rule ${number}, “${rule.domain}”, ${parsed}.`;
    domain = parsed;
  }
  let cidr: Cidr | null = null;
  if (rule.cidr !== undefined) {
    cidr = parseCidr(rule.cidr.trim());
    if (!cidr) {
      return `The CIDR of rule ${number}, “${rule.cidr}”, is not one. Write it like 192.0.2.0/24, 2001:db8::/32 or one address.`;
    }
    cidr = withoutMapping(cidr);
  }
  const isAllow = rule.action === 'allow';
  return { isAllow, domain, cidr, ports, protocol, words: wordsOf(rule, number, domain, cidr) };
}

/** `::ffff:192.0.2.0/120` is `192.0.2.0/24`: what is dialled is IPv4 (see {@link dialledAddress}). */
function withoutMapping(cidr: Cidr): Cidr {
  const inner = dialledAddress(cidr.address);
  if (inner === cidr.address || cidr.prefixLength < 96) return cidr;
  return { address: inner, prefixLength: cidr.prefixLength - 96, family: 4 };
}

function wordsOf(rule: Rule, number: number, domain: DomainPattern | null, cidr: Cidr | null): string {
  const parts: string[] = [];
  if (rule.protocol !== undefined) parts.push(rule.protocol);
  if (domain) parts.push(domainText(domain));
  if (cidr) parts.push(cidrText(cidr));
  if (rule.ports) parts.push(`${isOnePort(rule.ports) ? 'port' : 'ports'} ${rule.ports.map(portText).join(', ')}`);
  return `rule ${number}: ${rule.action} ${parts.length === 0 ? 'everything' : parts.join(' ')}`;
}

const isOnePort = (ports: readonly PortRange[]): boolean => ports.length === 1 && typeof ports[0] === 'number';

const portText = (range: PortRange): string => (typeof range === 'number' ? `${range}` : `${range[0]}-${range[1]}`);

function cidrText({ address, prefixLength, family }: Cidr): string {
  return prefixLength === (family === 4 ? 32 : 128) ? address : `${address}/${prefixLength}`;
}

export function matchesPort(ports: readonly PortRange[] | null, port: number): boolean {
  if (ports === null) return true;
  return ports.some((range) => (typeof range === 'number' ? port === range : range[0] <= port && port <= range[1]));
}
