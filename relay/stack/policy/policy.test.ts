import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DEFAULT_NETWORK, type NetworkSettings, type Rule } from '../../../src/shared/model/network.ts';
import { parseIpAddress } from '../wire/address.ts';
import { compilePolicy, type Decision, type Destination, type Policy } from './policy.ts';

const HOST = ['192.168.7.20', '203.0.114.9', '2a01:db9::20', 'fe80::1%eth0', '::1', '127.0.0.1'];

function policyOf(settings: Partial<NetworkSettings>): Policy {
  const compiled = compilePolicy({ ...DEFAULT_NETWORK, ...settings }, HOST);
  if (!compiled.ok) throw new Error(compiled.message);
  return compiled.policy;
}

const withRules = (...rules: Rule[]): Policy => policyOf({ rules });

function tcp(policy: Policy, address: string, port = 443, names: string[] = []): Decision {
  return policy.decide({ protocol: 'tcp', address, port, names });
}

function messageOf(...rules: Rule[]): string {
  const compiled = compilePolicy({ ...DEFAULT_NETWORK, rules });
  return compiled.ok ? '' : compiled.message;
}

const OUTSIDE = [
  '93.184.215.14',
  '1.1.1.1',
  '223.255.255.255',
  '100.63.255.255',
  '2606:4700::1111',
  '64:ff9b::101:101',
];

const INSIDE: readonly (readonly [string, string])[] = [
  ['127.0.0.1', 'loopback'],
  ['127.255.255.254', 'loopback'],
  ['::1', 'loopback'],
  ['0.0.0.0', 'unspecified'],
  ['0.1.2.3', 'unspecified'],
  ['::', 'unspecified'],
  ['10.0.0.1', 'private'],
  ['172.16.0.1', 'private'],
  ['172.31.255.255', 'private'],
  ['192.168.1.1', 'private'],
  ['fd00::1', 'private'],
  ['100.64.0.1', 'provider'],
  ['169.254.1.1', 'link-local'],
  ['169.254.169.254', 'metadata'],
  ['fd00:ec2::254', 'metadata'],
  ['168.63.129.16', 'metadata'],
  ['224.0.0.1', 'multicast'],
  ['ff02::1', 'multicast'],
  ['255.255.255.255', 'broadcast'],
  ['240.0.0.1', 'reserved'],
  ['198.18.0.1', 'reserved'],
  ['192.0.2.1', 'documentation'],
  ['2001:db8::1', 'documentation'],
  ['192.168.7.20', 'host itself'],
  ['203.0.114.9', 'host itself'],
  ['2a01:db9::20', 'host itself'],
  ['::ffff:203.0.114.9', 'host itself'],
  ['10.0.2.16', 'own network'],
  ['10.0.2.3', 'own network'],
  ['fd54:6572:7261::1234', 'own network'],
  ['fe80::1234', 'own network'],
  ['::ffff:127.0.0.1', 'loopback'],
  ['::127.0.0.1', 'loopback'],
  ['64:ff9b::7f00:1', 'loopback'],
  ['64:ff9b::a9fe:a9fe', 'metadata'],
  ['2002:7f00:1::1', 'loopback'],
  ['2002:a00:210::1', 'own network'],
  ['2606:4700::5efe:127.0.0.1', 'loopback'],
  ['2606:4700::200:5efe:192.168.1.1', 'private'],
  ['2001:0:1:2:3:4:80ff:fffe', 'loopback'],
  ['::8.8.8.8', 'reserved'],
  ['2002:808:808::1', 'reserved'],
  ['64:ff9b:1::808:808', 'private'],
  ['4000::1', 'reserved'],
];

describe('profiles', () => {
  test.each(OUTSIDE)('internet opens %s', (address) => {
    expect(tcp(policyOf({}), address)).toEqual({
      verdict: 'allow',
      reason: 'profile internet: outside address',
      viaHost: false,
    });
  });

  test.each(INSIDE)('internet and internet+host close %s (%s)', (address, word) => {
    for (const profile of ['internet', 'internet+host'] as const) {
      for (const protocol of ['tcp', 'udp', 'icmp'] as const) {
        const isEcho = protocol === 'icmp' && address === '10.0.2.3';
        const decision = policyOf({ profile }).decide({ protocol, address, port: 80, names: ['example.org'] });
        expect(decision.verdict).toBe(isEcho ? 'allow' : 'deny');
        if (!isEcho) expect(decision.reason).toContain(word);
      }
    }
  });

  test('offline closes everything but the gateway’s echo', () => {
    const policy = policyOf({ profile: 'offline' });
    for (const address of [...OUTSIDE, '10.0.2.2', '127.0.0.1']) {
      expect(tcp(policy, address)).toMatchObject({ verdict: 'deny', reason: 'profile offline' });
    }
    for (const address of ['10.0.2.2', '10.0.2.3', 'fd54:6572:7261::2', 'fe80::2']) {
      expect(policy.decide({ protocol: 'icmp', address, port: 0, names: [] })).toMatchObject({ verdict: 'allow' });
    }
    expect(policy.decide({ protocol: 'icmp', address: '1.1.1.1', port: 0, names: [] }).verdict).toBe('deny');
  });

  test('the gateway stands for the host with internet+host alone', () => {
    for (const address of ['10.0.2.2', 'fd54:6572:7261::2', 'fe80::2', '::ffff:10.0.2.2']) {
      expect(tcp(policyOf({}), address, 8080)).toEqual({
        verdict: 'deny',
        reason: 'profile internet: the host is not open',
        viaHost: false,
      });
      expect(tcp(policyOf({ profile: 'internet+host' }), address, 8080)).toEqual({
        verdict: 'allow',
        reason: 'profile internet+host: port 8080 of the host',
        viaHost: true,
      });
    }
    const some = policyOf({ profile: 'internet+host', hostPorts: [8080] });
    expect(tcp(some, '10.0.2.2', 8080).viaHost).toBe(true);
    expect(tcp(some, '10.0.2.2', 22)).toMatchObject({ verdict: 'deny', reason: expect.stringContaining('port 22') });
    expect(some.decide({ protocol: 'icmp', address: '10.0.2.2', port: 0, names: [] }).viaHost).toBe(false);
  });
});

describe('rules', () => {
  test('the first that matches decides', () => {
    const policy = withRules(
      { action: 'allow', cidr: '1.1.1.1', ports: [53] },
      { action: 'deny', cidr: '1.1.1.0/24' },
      { action: 'allow', cidr: '1.1.1.2' },
    );
    expect(tcp(policy, '1.1.1.1', 53)).toMatchObject({ verdict: 'allow', reason: 'rule 1: allow 1.1.1.1 port 53' });
    expect(tcp(policy, '1.1.1.1', 80)).toMatchObject({ verdict: 'deny', reason: 'rule 2: deny 1.1.1.0/24' });
    expect(tcp(policy, '1.1.1.2', 80).verdict).toBe('deny');
    expect(tcp(policy, '1.1.2.1', 80).verdict).toBe('allow');
  });

  test('all parts of one must match', () => {
    const policy = withRules({ action: 'deny', protocol: 'udp', domain: 'example.org', ports: [53, [8000, 8010]] });
    const wanted: Destination = { protocol: 'udp', address: '1.1.1.1', port: 8005, names: ['a.org', 'example.org'] };
    expect(policy.decide(wanted)).toMatchObject({
      verdict: 'deny',
      reason: 'rule 1: deny udp example.org ports 53, 8000-8010',
    });
    expect(policy.decide({ ...wanted, protocol: 'tcp' }).verdict).toBe('allow');
    expect(policy.decide({ ...wanted, protocol: 'icmp', port: 0 }).verdict).toBe('allow');
    expect(policy.decide({ ...wanted, port: 8011 }).verdict).toBe('allow');
    expect(policy.decide({ ...wanted, names: [] }).verdict).toBe('allow');
  });

  test('a wildcard means sub-domains only', () => {
    const policy = withRules({ action: 'deny', domain: '*.Ads.Example.' });
    expect(tcp(policy, '1.1.1.1', 80, ['a.b.ads.example'])).toMatchObject({
      verdict: 'deny',
      reason: 'rule 1: deny *.ads.example',
    });
    expect(tcp(policy, '1.1.1.1', 80, ['ads.example']).verdict).toBe('allow');
    expect(tcp(policy, '1.1.1.1', 80, ['badads.example']).verdict).toBe('allow');
    expect(tcp(policy, '1.1.1.1', 80, ['x\\.ads.example']).verdict).toBe('allow');
    expect(tcp(policy, '1.1.1.1', 80, ['x\\\\.ads.example']).verdict).toBe('deny');
  });

  test('a list of allowed things: everything else denied', () => {
    const policy = withRules({ action: 'allow', domain: '*.example.org' }, { action: 'deny' });
    expect(tcp(policy, '1.1.1.1', 443, ['www.example.org']).verdict).toBe('allow');
    expect(tcp(policy, '1.1.1.1')).toMatchObject({ verdict: 'deny', reason: 'rule 2: deny everything' });
    expect(tcp(policy, '10.0.2.2').verdict).toBe('deny');
  });

  test('a name never opens what is not outside (rebinding)', () => {
    for (const profile of ['offline', 'internet', 'internet+host'] as const) {
      const policy = policyOf({ profile, rules: [{ action: 'allow', domain: '*.example.org' }, { action: 'allow' }] });
      for (const [address] of INSIDE) {
        if (address === '10.0.2.3') continue;
        expect(tcp(policy, address, 80, ['www.example.org']).verdict, address).toBe('deny');
      }
      // The gateway's address by a foreign name is still no more than the profile gives.
      expect(tcp(policy, '10.0.2.2', 80, ['www.example.org']).verdict).toBe(
        profile === 'internet+host' ? 'allow' : 'deny',
      );
    }
    expect(tcp(withRules({ action: 'allow', domain: 'example.org' }), '192.168.1.1', 80, ['example.org']).reason).toBe(
      'profile internet: private address, which “rule 1: allow example.org” does not open',
    );
  });

  test('a CIDR opens other addresses when it means them', () => {
    expect(tcp(withRules({ action: 'allow', cidr: '192.168.1.0/24' }), '192.168.1.1').verdict).toBe('allow');
    expect(tcp(withRules({ action: 'allow', cidr: '127.0.0.1' }), '127.0.0.1').verdict).toBe('allow');
    expect(tcp(withRules({ action: 'allow', cidr: '127.0.0.1' }), '::ffff:127.0.0.1').verdict).toBe('allow');
    expect(tcp(withRules({ action: 'allow', cidr: 'fd00:1::/64' }), 'fd00:1::5').verdict).toBe('allow');
    const wide = withRules({ action: 'allow', cidr: '0.0.0.0/0' }, { action: 'allow', cidr: '::/0' });
    for (const [address] of INSIDE) expect(tcp(wide, address, 80).verdict, address).toBe('deny');
    // Part of a range a person opened, but the host itself and the metadata service are another matter.
    expect(tcp(withRules({ action: 'allow', cidr: '192.168.0.0/16' }), '192.168.7.20').verdict).toBe('deny');
    expect(tcp(withRules({ action: 'allow', cidr: '169.254.0.0/16' }), '169.254.169.254').verdict).toBe('deny');
    expect(tcp(withRules({ action: 'allow', cidr: '192.168.7.20' }), '192.168.7.20').verdict).toBe('allow');
    expect(tcp(withRules({ action: 'allow', cidr: '169.254.169.254' }), '169.254.169.254').verdict).toBe('allow');
  });

  test('nothing opens a neighbour, 0.0.0.0 or multicast', () => {
    for (const address of ['10.0.2.16', 'fd54:6572:7261::9', '0.0.0.0', '224.0.0.251', '255.255.255.255', 'ff02::1']) {
      expect(tcp(withRules({ action: 'allow', cidr: address }), address).verdict, address).toBe('deny');
    }
  });

  test('a denied range is denied in its embedded forms too', () => {
    const policy = withRules({ action: 'deny', cidr: '8.8.8.0/24' });
    for (const address of ['8.8.8.8', '::ffff:8.8.8.8', '64:ff9b::808:808']) {
      expect(tcp(policy, address), address).toMatchObject({ reason: 'rule 1: deny 8.8.8.0/24' });
    }
    expect(tcp(withRules({ action: 'deny', cidr: '::ffff:8.8.8.0/120' }), '8.8.8.8').verdict).toBe('deny');
  });

  test('the gateway is opened and closed by its address or its name', () => {
    const open: Decision = { verdict: 'allow', reason: 'rule 1: allow tcp 10.0.2.2 port 80', viaHost: true };
    const byAddress = withRules({ action: 'allow', protocol: 'tcp', cidr: '10.0.2.2', ports: [80] });
    expect(tcp(byAddress, '10.0.2.2', 80)).toEqual(open);
    expect(tcp(byAddress, 'fd54:6572:7261::2', 80)).toEqual(open);
    expect(tcp(byAddress, '10.0.2.2', 81).verdict).toBe('deny');
    expect(tcp(withRules({ action: 'allow', domain: 'host.terrarium' }), '10.0.2.2').viaHost).toBe(true);
    expect(tcp(withRules({ action: 'allow', domain: '*.terrarium' }), '10.0.2.2').verdict).toBe('deny');
    expect(tcp(withRules({ action: 'allow', cidr: '10.0.0.0/8' }), '10.0.2.2').verdict).toBe('deny');
    expect(tcp(withRules({ action: 'allow', cidr: '10.0.2.2/31' }), '10.0.2.2').verdict).toBe('deny');
    const closed = policyOf({ profile: 'internet+host', rules: [{ action: 'deny', domain: 'host.terrarium' }] });
    expect(tcp(closed, '10.0.2.2').verdict).toBe('deny');
    const noIpv6 = policyOf({ profile: 'internet+host', rules: [{ action: 'deny', cidr: '::/0' }] });
    expect(tcp(noIpv6, '10.0.2.2').verdict).toBe('allow');
    expect(tcp(noIpv6, 'fd54:6572:7261::2').verdict).toBe('deny');
  });
});

describe('names', () => {
  test('denied with their domain, unless the rule is about less than the name', () => {
    const policy = withRules(
      { action: 'allow', domain: 'good.ads.example' },
      { action: 'deny', domain: '*.ads.example' },
      { action: 'deny', domain: 'example.org', ports: [25] },
    );
    expect(policy.decideName('x.ads.example')).toEqual({ verdict: 'deny', reason: 'rule 2: deny *.ads.example' });
    expect(policy.decideName('X.ADS.example.').verdict).toBe('deny');
    expect(policy.decideName('good.ads.example').verdict).toBe('allow');
    expect(policy.decideName('example.org').verdict).toBe('allow');
  });

  test('offline: all, unless rules open something', () => {
    expect(policyOf({ profile: 'offline' }).decideName('example.org')).toEqual({
      verdict: 'deny',
      reason: 'profile offline',
    });
    const some = policyOf({ profile: 'offline', rules: [{ action: 'allow', domain: 'example.org' }] });
    expect(some.decideName('example.org').verdict).toBe('allow');
    expect(some.decideName('example.com').verdict).toBe('deny');
    const byCidr = policyOf({ profile: 'offline', rules: [{ action: 'allow', cidr: '1.1.1.0/24' }] });
    expect(byCidr.decideName('example.com').verdict).toBe('allow');
    const hostOnly = policyOf({ profile: 'offline', rules: [{ action: 'allow', cidr: '10.0.2.2' }] });
    expect(hostOnly.decideName('example.com').verdict).toBe('deny');
  });

  test('after a deny-all: what was allowed before', () => {
    const byName = withRules({ action: 'allow', domain: '*.example.org', ports: [443] }, { action: 'deny' });
    expect(byName.decideName('www.example.org').verdict).toBe('allow');
    expect(byName.decideName('other.org').verdict).toBe('deny');
    const byCidr = withRules(
      { action: 'allow', cidr: '1.1.1.0/24' },
      { action: 'deny', domain: '*.ads.example' },
      { action: 'deny' },
    );
    expect(byCidr.decideName('other.org').verdict).toBe('allow');
    expect(byCidr.decideName('x.ads.example').verdict).toBe('deny');
  });
});

test('a wrong rule is named in a sentence', () => {
  const fine: Rule = { action: 'deny' };
  expect(messageOf(fine, { action: 'deny', cidr: '10.0.0.0/33' })).toBe(
    'The CIDR of rule 2, “10.0.0.0/33”, is not one. Write it like 192.0.2.0/24, 2001:db8::/32 or one address.',
  );
  expect(messageOf({ action: 'deny', cidr: '010.0.0.1' })).toContain('rule 1');
  expect(messageOf({ action: 'deny', domain: '*' })).toContain('leave the domain out');
  expect(messageOf({ action: 'deny', domain: 'a.*.org' })).toContain('only “*.” at the start');
  expect(messageOf({ action: 'deny', domain: 'bücher.example' })).toContain('xn--');
  expect(messageOf({ action: 'deny', domain: '192.0.2.1' })).toContain('write it as a CIDR');
  expect(messageOf({ action: 'deny', domain: 'a b' })).toContain('“a b”, is not a domain');
  expect(messageOf({ action: 'deny', domain: '' })).toContain('is not a domain');
  expect(messageOf({ action: 'deny', ports: [] })).toContain('empty list of ports');
  expect(messageOf({ action: 'deny', protocol: 'icmp', ports: [1] })).toContain('ICMP');
});

describe('no form of an address that is not outside is ever open under internet', () => {
  const octet = fc.integer({ min: 0, max: 255 });
  const inside = fc
    .oneof(
      fc.tuple(fc.constant(127), octet, octet, octet),
      fc.tuple(fc.constant(0), octet, octet, octet),
      fc.tuple(fc.constant(10), octet, octet, octet),
      fc.tuple(fc.constant(10), fc.constant(0), fc.constant(2), octet),
      fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), octet, octet),
      fc.tuple(fc.constant(192), fc.constant(168), octet, octet),
      fc.tuple(fc.constant(169), fc.constant(254), octet, octet),
      fc.constant([169, 254, 169, 254]),
      fc.tuple(fc.constant(100), fc.integer({ min: 64, max: 127 }), octet, octet),
      fc.tuple(fc.integer({ min: 224, max: 255 }), octet, octet, octet),
      fc.constant([203, 0, 114, 9]),
    )
    .map((bytes) => [...bytes]);
  const group = fc.integer({ min: 0, max: 0xffff }).map((value) => value.toString(16));

  const form = fc.oneof(
    fc.constant((v4: number[]) => v4.join('.')),
    fc.constant((v4: number[]) => `::ffff:${v4.join('.')}`),
    fc.constant((v4: number[]) => `0:0:0:0:0:FFFF:${hex(v4)}`),
    fc.constant((v4: number[]) => `::${v4.join('.')}`),
    fc.constant((v4: number[]) => `::ffff:0:${hex(v4)}`),
    fc.constant((v4: number[]) => `64:ff9b::${v4.join('.')}`),
    fc.constant((v4: number[]) => `64:ff9b:1::${hex(v4)}`),
    fc.tuple(group, group).map(
      ([a, b]) =>
        (v4: number[]) =>
          `2002:${hex(v4)}:${a}::${b}`,
    ),
    fc.tuple(group, group).map(
      ([a, b]) =>
        (v4: number[]) =>
          `2001:0:${a}:${b}:0:0:${hex(v4.map((each) => each ^ 255))}`,
    ),
    fc.tuple(group, group).map(
      ([a, b]) =>
        (v4: number[]) =>
          `2606:${a}:${b}::5efe:${hex(v4)}`,
    ),
  );

  test('whatever the rules’ names and wide CIDRs say', () => {
    const policies = [
      withRules(),
      withRules({ action: 'allow', domain: '*.example.org' }, { action: 'allow' }),
      withRules({ action: 'allow', cidr: '0.0.0.0/0' }, { action: 'allow', cidr: '::/0' }),
      withRules({ action: 'allow', protocol: 'tcp', ports: [[1, 65535]] }),
    ];
    fc.assert(
      fc.property(
        inside,
        form,
        fc.constantFrom('tcp', 'udp'),
        fc.integer({ min: 1, max: 65535 }),
        (v4, write, protocol, port) => {
          const address = parseIpAddress(write(v4));
          if (address === null) throw new Error(`not an address: ${write(v4)}`);
          for (const policy of policies) {
            const names = ['www.example.org', 'localhost', '127.0.0.1'];
            expect(policy.decide({ protocol, address, port, names }).verdict).toBe('deny');
          }
        },
      ),
      { numRuns: 3000 },
    );
  });

  test('any IPv6 address that is open is one given out, or NAT64 of one that is outside', () => {
    const policy = withRules({ action: 'allow' });
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        const groups = Array.from({ length: 8 }, (_, i) =>
          (((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)).toString(16),
        );
        const address = parseIpAddress(groups.join(':'));
        if (address === null) throw new Error(groups.join(':'));
        if (tcp(policy, address).verdict === 'allow') expect((bytes[0] ?? 0) >>> 5).toBe(1);
      }),
      { numRuns: 2000 },
    );
  });

  const hex = ([a = 0, b = 0, c = 0, d = 0]: number[]): string =>
    `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
});

describe('what is on the host’s own links', () => {
  const place = ['203.0.114.9/24', '2a01:db9::20/64', '2a02:db9::20/128', '10.8.0.1/0', '127.0.0.1/8', 'junk/24'];
  const decide = (address: string, rules: NetworkSettings['rules'] = []): Decision => {
    const compiled = compilePolicy({ ...DEFAULT_NETWORK, rules }, place);
    if (!compiled.ok) throw new Error(compiled.message);
    return compiled.policy.decide({ protocol: 'tcp', address, port: 80, names: [] });
  };

  test('is not the outside, though its addresses look like it', () => {
    for (const address of ['203.0.114.1', '2a01:db9::1', '2a02:db9::1', '64:ff9b::203.0.114.1', '::ffff:203.0.114.1']) {
      expect(decide(address)).toMatchObject({
        verdict: 'deny',
        reason: 'profile internet: an address on the host’s own network',
      });
    }
    for (const address of ['203.0.115.1', '2a01:db9:0:1::1', '1.1.1.1']) expect(decide(address).verdict).toBe('allow');
  });

  test('is opened by a rule that means it', () => {
    const allow = (cidr: string): NetworkSettings['rules'] => [{ action: 'allow', cidr }];
    expect(decide('203.0.114.1', allow('203.0.114.0/24')).verdict).toBe('allow');
    expect(decide('2a01:db9::1', allow('2a01:db9::1')).verdict).toBe('allow');
    expect(decide('203.0.114.1', allow('0.0.0.0/0')).verdict).toBe('deny');
    expect(decide('203.0.114.9', allow('203.0.114.0/24')).verdict).toBe('deny');
  });
});
