import type { NetworkSettings, ProfileName, Protocol } from '../../../src/shared/model/network.ts';
import { isDnsServer, isGateway, isOnSegment } from '../addresses.ts';
import { cidrContains, embeddedIpv4, type Cidr, type IpAddress } from '../wire/address.ts';
import {
  canBeOpened,
  CLASS_WORDS,
  classifyAddress,
  dialledAddress,
  hostPlace,
  type Classified,
  type HostPlace,
} from './address-class.ts';
import { compileRule, matchesPort, type CompiledRule } from './compiled-rule.ts';
import { matchesDomain } from './domain.ts';

/** What a VM wants to reach. */
export interface Destination {
  readonly protocol: Protocol;
  readonly address: IpAddress;
  /** 0 for ICMP. */
  readonly port: number;
  /** The names the VM looked up and was given this address for, lower case. */
  readonly names: readonly string[];
}

export interface NameDecision {
  readonly verdict: 'allow' | 'deny';
  /** Which rule or profile decided, in words. */
  readonly reason: string;
}

export interface Decision extends NameDecision {
  /** The gateway stands for the host: dial its 127.0.0.1. */
  readonly viaHost: boolean;
}

/** Names below it are answered by the relay alone, so nobody outside can point one at the gateway. */
const LOCAL_SUFFIX = '.terrarium';
const HOST_NAME = 'host.terrarium';

/**
 * @param hostAddresses the addresses of the host's interfaces, with their prefix lengths (`192.0.2.7/24`) where those
 * are known: neither they nor what is on the same links is opened by a profile; what is no address is skipped
 * @returns The policy, or a sentence naming the rule that is wrong.
 */
export function compilePolicy(
  settings: NetworkSettings,
  hostAddresses: readonly string[] = [],
): { ok: true; policy: Policy } | { ok: false; message: string } {
  const rules: CompiledRule[] = [];
  for (const [i, rule] of settings.rules.entries()) {
    const compiled = compileRule(rule, i + 1);
    if (typeof compiled === 'string') return { ok: false, message: compiled };
    rules.push(compiled);
  }
  return { ok: true, policy: new Policy(settings, rules, hostPlace(hostAddresses)) };
}

/**
 * Rules in order, then the profile. A rule decides when all its parts match; an allow-rule that may not open the
 * address it matches does not decide, and the next one is asked:
 * - outside addresses are opened by any allow-rule;
 * - other addresses only by a CIDR that lies within their kind's block (`10.0.0.0/8`, not `0.0.0.0/0`), the host's own
 *   and metadata addresses only by themselves: a name never does, whatever it resolves to;
 * - the gateway, which stands for the host, by itself as a CIDR or by its name `host.terrarium`;
 * - the VMs' own network (a neighbour on a LAN is never asked for here), multicast and 0.0.0.0 by nothing.
 */
export class Policy {
  private readonly settings: NetworkSettings;
  private readonly rules: readonly CompiledRule[];
  private readonly host: HostPlace;

  /** For {@link compilePolicy}. */
  constructor(settings: NetworkSettings, rules: readonly CompiledRule[], host: HostPlace) {
    this.settings = settings;
    this.rules = rules;
    this.host = host;
  }

  get profile(): ProfileName {
    return this.settings.profile;
  }

  /** Whether a flow may exist. To be asked when it begins, and again for every live one when settings change. */
  decide(destination: Destination): Decision {
    const wanted = normalised(destination);
    const where = isGateway(wanted.address) ? GATEWAY : classifyAddress(wanted.address, this.host);
    let tooWide: CompiledRule | null = null;
    for (const rule of this.rules) {
      if (!matches(rule, wanted)) continue;
      if (!rule.isAllow) return deny(rule.words);
      if (opens(rule, where)) return allow(rule.words, where === GATEWAY && wanted.protocol !== 'icmp');
      tooWide ??= rule;
    }
    const decision = this.byProfile(wanted, where);
    if (decision.verdict === 'allow' || !tooWide) return decision;
    return deny(`${decision.reason}, which “${tooWide.words}” does not open`);
  }

  /**
   * Whether a name may be looked up. Local names (`host.terrarium`, VMs) are not asked for. Denied is a name to which
   * nothing could be allowed anyway: one that a deny-rule for its domain covers whole, and, where a deny-rule for
   * everything or the offline profile ends the list, one that no rule before allows. An allow-rule with a CIDR there
   * keeps all names open, since any of them may lead into it.
   */
  decideName(name: string): NameDecision {
    const lower = name.toLowerCase().replace(/\.$/, '');
    let opensSomething = false;
    for (const rule of this.rules) {
      if (rule.domain && !matchesDomain(rule.domain, lower)) continue;
      if (rule.isAllow) {
        if (!rule.cidr) return { verdict: 'allow', reason: rule.words };
        opensSomething ||= !isOnSegment(rule.cidr.address);
      } else if (!rule.cidr && !rule.ports && !rule.protocol) {
        const isDenied = rule.domain !== null || !opensSomething;
        return { verdict: isDenied ? 'deny' : 'allow', reason: rule.words };
      }
    }
    const isDenied = this.profile === 'offline' && !opensSomething;
    return { verdict: isDenied ? 'deny' : 'allow', reason: `profile ${this.profile}` };
  }

  private byProfile({ protocol, address, port }: Destination, where: Classified): Decision {
    const { profile } = this;
    // Answered by the relay itself, and the first thing a person tries.
    if (protocol === 'icmp' && (where === GATEWAY || isDnsServer(address))) return allow('the gateway itself', false);
    if (profile === 'offline') return deny('profile offline');
    if (where === GATEWAY) {
      if (profile !== 'internet+host') return deny(`profile ${profile}: the host is not open`);
      const { hostPorts } = this.settings;
      if (hostPorts !== 'all' && !hostPorts.includes(port)) {
        return deny(`profile ${profile}: port ${port} of the host is not open`);
      }
      return allow(`profile ${profile}: port ${port} of the host`, true);
    }
    const reason = `profile ${profile}: ${CLASS_WORDS[where.class]}`;
    return where.class === 'global' ? allow(reason, false) : deny(reason);
  }
}

const GATEWAY: Classified = { class: 'relay', block: null };

const allow = (reason: string, viaHost: boolean): Decision => ({ verdict: 'allow', reason, viaHost });
const deny = (reason: string): Decision => ({ verdict: 'deny', reason, viaHost: false });

/** The gateway has its name whether the VM looked it up or not. */
function normalised(destination: Destination): Destination {
  const address = dialledAddress(destination.address);
  const names = isGateway(address) ? [...destination.names, HOST_NAME] : destination.names;
  return { ...destination, address, names };
}

function matches(rule: CompiledRule, { protocol, address, port, names }: Destination): boolean {
  const { domain, cidr } = rule;
  if (rule.protocol && rule.protocol !== protocol) return false;
  if (rule.ports && (protocol === 'icmp' || !matchesPort(rule.ports, port))) return false;
  if (domain && !names.some((name) => matchesDomain(domain, name))) return false;
  if (!cidr || cidrContains(cidr, address)) return true;
  if (isGateway(address) && namesGateway(cidr)) return true;
  // Denying a range denies the ways around it; allowing one does not open them.
  const inner = rule.isAllow ? null : embeddedIpv4(address);
  return inner !== null && cidrContains(cidr, inner);
}

/** One of the gateway's addresses, alone: it stands for all of them. */
function namesGateway({ address, prefixLength, family }: Cidr): boolean {
  return prefixLength === (family === 4 ? 32 : 128) && isGateway(address);
}

/** Whether an allow-rule that matches may open the address. */
function opens({ domain, cidr }: CompiledRule, where: Classified): boolean {
  if (where === GATEWAY) {
    if (cidr) return namesGateway(cidr);
    return domain?.name.endsWith(LOCAL_SUFFIX) === true;
  }
  if (where.class === 'global') return true;
  if (!canBeOpened(where.class) || !cidr || !where.block) return false;
  return cidr.prefixLength >= where.block.prefixLength;
}
