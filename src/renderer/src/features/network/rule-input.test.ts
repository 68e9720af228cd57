import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ruleSchema } from '../../../../shared/model/network.ts';
import * as v from 'valibot';
import {
  denyRule,
  draftFromRule,
  EMPTY_RULE,
  formatPorts,
  parsePorts,
  ruleFromDraft,
  ruleLimits,
  ruleTarget,
  type RuleDraft,
} from './rule-input.ts';

describe('ruleFromDraft', () => {
  it.each([
    [{}, { action: 'deny' }],
    [{ target: '*' }, { action: 'deny' }],
    [
      { action: 'allow', target: ' Example.ORG. ' },
      { action: 'allow', domain: 'example.org' },
    ],
    [{ target: '*.example.org' }, { action: 'deny', domain: '*.example.org' }],
    [{ target: '10.0.0.0/8' }, { action: 'deny', cidr: '10.0.0.0/8' }],
    [{ target: '192.0.2.1' }, { action: 'deny', cidr: '192.0.2.1' }],
    [{ target: '2001:db8::/32' }, { action: 'deny', cidr: '2001:db8::/32' }],
    [
      { ports: '80, 443 8000-8100', protocol: 'tcp' },
      { action: 'deny', ports: [80, 443, [8000, 8100]], protocol: 'tcp' },
    ],
  ] as [Partial<RuleDraft>, object][])('%j makes %j', (change, rule) => {
    expect(ruleFromDraft({ ...EMPTY_RULE, ...change })).toEqual({ ok: true, value: rule });
  });

  it.each([
    [{ target: '10.0.0' }, 'no address'],
    [{ target: '256.0.0.1' }, 'no address'],
    [{ target: '10.0.0.0/33' }, 'no address'],
    [{ target: 'example.org/path' }, 'no address'],
    [{ target: 'https://example.org' }, 'no address'],
    [{ target: 'exa mple' }, 'no domain'],
    [{ target: 'a..b' }, 'no domain'],
    [{ target: '*.*.org' }, 'no domain'],
    [{ ports: '0' }, 'no port'],
    [{ ports: '70000' }, 'no port'],
    [{ ports: '90-80' }, 'no port'],
    [{ ports: 'http' }, 'no port'],
    [{ ports: '80', protocol: 'icmp' }, 'ICMP has no ports'],
  ] as [Partial<RuleDraft>, string][])('%j is refused with a sentence', (change, words) => {
    expect(ruleFromDraft({ ...EMPTY_RULE, ...change })).toMatchObject({
      ok: false,
      error: { code: 'bad-input', message: expect.stringContaining(words) },
    });
  });

  it('never makes what the settings do not take, and comes back from its draft the same', () => {
    fc.assert(
      fc.property(
        fc.record({
          action: fc.constantFrom('allow', 'deny'),
          target: fc.oneof(fc.string(), fc.domain(), fc.ipV4(), fc.ipV6()),
          ports: fc.oneof(fc.string(), fc.constantFrom('', '80', '1-65535')),
          protocol: fc.constantFrom('any', 'tcp', 'udp', 'icmp'),
        }) as fc.Arbitrary<RuleDraft>,
        (draft) => {
          const made = ruleFromDraft(draft);
          if (!made.ok) return;
          expect(v.safeParse(ruleSchema, made.value).success).toBe(true);
          expect(ruleFromDraft(draftFromRule(made.value))).toEqual(made);
        },
      ),
    );
  });
});

describe('a rule in words', () => {
  it('says what it is about and what narrows it down', () => {
    expect(ruleTarget({ action: 'deny' })).toBe('any address');
    expect(ruleLimits({ action: 'deny' })).toBe('');
    expect(ruleTarget({ action: 'deny', domain: 'example.org' })).toBe('example.org');
    expect(ruleLimits({ action: 'deny', protocol: 'tcp', ports: [80] })).toBe('TCP · port 80');
    expect(ruleLimits({ action: 'deny', ports: [80, [90, 99]] })).toBe('ports 80, 90-99');
  });

  it('round-trips ports', () => {
    expect(parsePorts(formatPorts([1, [2, 3]]))).toEqual({ ok: true, value: [1, [2, 3]] });
  });
});

describe('denyRule', () => {
  it('denies the name where it is known, else the address', () => {
    expect(denyRule({ name: 'example.org', address: '192.0.2.1' })).toEqual({ action: 'deny', domain: 'example.org' });
    expect(denyRule({ name: null, address: '192.0.2.1' })).toEqual({ action: 'deny', cidr: '192.0.2.1' });
  });
});
