import type { ConnectionRow, PortRange, Rule } from '../../../../shared/model/network.ts';
import { err, ok, type Result } from '../../../../shared/result.ts';
import { t } from '../../text/text.svelte.ts';

/** A rule as it stands in the fields of its form. */
export interface RuleDraft {
  readonly action: Rule['action'];
  /** A domain, an address or a range of addresses; nothing means any. */
  readonly target: string;
  /** Ports and ranges with commas between them; nothing means any. */
  readonly ports: string;
  readonly protocol: 'any' | 'tcp' | 'udp' | 'icmp';
}

export const EMPTY_RULE: RuleDraft = { action: 'deny', target: '', ports: '', protocol: 'any' };

const PORT_MAX = 65_535;
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

export function ruleFromDraft(draft: RuleDraft): Result<Rule> {
  const target = parseTarget(draft.target);
  if (!target.ok) return target;
  const ports = parsePorts(draft.ports);
  if (!ports.ok) return ports;
  if (draft.protocol === 'icmp' && ports.value.length > 0) return err('bad-input', t('network.icmp-ports'));
  return ok({
    action: draft.action,
    ...target.value,
    ...(ports.value.length > 0 ? { ports: ports.value } : {}),
    ...(draft.protocol === 'any' ? {} : { protocol: draft.protocol }),
  });
}

export function draftFromRule(rule: Rule): RuleDraft {
  return {
    action: rule.action,
    target: rule.domain ?? rule.cidr ?? '',
    ports: formatPorts(rule.ports ?? []),
    protocol: rule.protocol ?? 'any',
  };
}

/** What a rule is about, in words. */
export function ruleTarget(rule: Rule): string {
  return rule.domain ?? rule.cidr ?? t('network.any-address');
}

/** What narrows a rule down: “TCP · ports 80, 443”; empty when nothing does. */
export function ruleLimits(rule: Rule): string {
  const limits: string[] = [];
  if (rule.protocol !== undefined) limits.push(rule.protocol.toUpperCase());
  const ports = rule.ports ?? [];
  if (ports.length > 0)
    limits.push(
      t(ports.length === 1 && typeof ports[0] === 'number' ? 'network.one-port' : 'network.some-ports', {
        ports: formatPorts(ports),
      }),
    );
  return limits.join(' · ');
}

/** The rule that keeps a VM from where this connection goes: by name where it is known, else by address. */
export function denyRule({ name, address }: Pick<ConnectionRow, 'name' | 'address'>): Rule {
  return name === null ? { action: 'deny', cidr: address } : { action: 'deny', domain: name };
}

/** `80, 443, 8000-8100`; an empty text is an empty list. */
export function parsePorts(text: string): Result<(number | [number, number])[]> {
  const ports: (number | [number, number])[] = [];
  for (const part of text.split(/[\s,;]+/)) {
    if (part === '') continue;
    const match = /^(\d{1,5})(?:[-–](\d{1,5}))?$/.exec(part);
    const first = Number(match?.[1]);
    const last = match?.[2] === undefined ? first : Number(match[2]);
    if (!match || !isPort(first) || !isPort(last) || first > last)
      return err('bad-input', t('network.bad-port', { text: part }));
    ports.push(match[2] === undefined ? first : [first, last]);
  }
  return ok(ports);
}

export function formatPorts(ports: readonly PortRange[]): string {
  return ports.map((port) => (typeof port === 'number' ? String(port) : `${port[0]}-${port[1]}`)).join(', ');
}

export function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= PORT_MAX;
}

/** Tells a domain from an address by its looks. Whether an IPv6 address is one, the relay says. */
function parseTarget(text: string): Result<Pick<Rule, 'domain' | 'cidr'>> {
  const target = text.trim().toLowerCase();
  if (target === '' || target === '*') return ok({});
  if (/^[0-9./]+$/.test(target)) return parseIpv4(target);
  if (target.includes(':') || target.includes('/')) {
    if (/^[0-9a-f:.]+(?:\/\d{1,3})?$/.test(target) && target.includes(':')) return ok({ cidr: target });
    return err('bad-input', t('network.bad-address', { text: target }));
  }
  const name = target.replace(/\.$/, '');
  const labels = (name.startsWith('*.') ? name.slice(2) : name).split('.');
  if (name.length > 253 || !labels.every((label) => LABEL.test(label)))
    return err('bad-input', t('network.bad-domain', { text: target }));
  return ok({ domain: name });
}

function parseIpv4(text: string): Result<{ cidr: string }> {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d{1,2}))?$/.exec(text);
  const isGood = match?.slice(1, 5).every((octet) => Number(octet) <= 255) === true && Number(match[5] ?? 32) <= 32;
  if (isGood) return ok({ cidr: text });
  return err('bad-input', t('network.bad-ipv4', { text }));
}
