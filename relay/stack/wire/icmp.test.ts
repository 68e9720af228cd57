import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressAt, isMulticast, macAt } from './address.ts';
import { foldChecksum, pseudoHeaderSum, sum } from './checksum.ts';
import { emitIcmpv4, parseIcmpv4, type Icmpv4Message, type IcmpEcho } from './icmpv4.ts';
import { emitIcmpv6, parseIcmpv6, type Icmpv6Message } from './icmpv6.ts';
import { Malformed } from './malformed.ts';

const u8 = fc.nat(0xff);
const u16 = fc.nat(0xffff);
const u32 = fc.nat(0xffffffff);
const bytes = (maxLength: number, minLength = 0): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength, maxLength }).map((given) => Uint8Array.from(given));
const mac = fc.uint8Array({ minLength: 6, maxLength: 6 }).map((octets) => macAt(octets, 0));
const ipv6 = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((octets) => addressAt(octets, 0, 16));

const echo: fc.Arbitrary<IcmpEcho> = fc.record({
  kind: fc.constantFrom('echo-request' as const, 'echo-reply' as const),
  identifier: u16,
  sequence: u16,
  payload: bytes(80),
});
const unreachable = fc.record({ kind: fc.constant('unreachable' as const), code: u8, original: bytes(80) });
const timeExceeded = fc.record({ kind: fc.constant('time-exceeded' as const), code: u8, original: bytes(80) });
const other = (known: readonly number[]): fc.Arbitrary<Icmpv4Message & { kind: 'other' }> =>
  fc.record({
    kind: fc.constant('other' as const),
    type: u8.filter((type) => !known.includes(type)),
    code: u8,
    body: bytes(80, 4),
  });

const icmpv4: fc.Arbitrary<Icmpv4Message> = fc.oneof(
  echo,
  unreachable.filter(({ code }) => code !== 4),
  unreachable.chain((message) => u16.map((nextHopMtu) => ({ ...message, code: 4, nextHopMtu }))),
  timeExceeded,
  other([0, 3, 8, 11]),
);

const linkAddress = fc.option(mac);
const unicast = ipv6.filter((address) => !isMulticast(address));
const prefix = fc.record({
  prefix: ipv6,
  prefixLength: u8,
  isOnLink: fc.boolean(),
  isAutonomous: fc.boolean(),
  validS: u32,
  preferredS: u32,
});
const icmpv6: fc.Arbitrary<Icmpv6Message> = fc.oneof(
  echo,
  unreachable,
  timeExceeded,
  fc.record({ kind: fc.constant('packet-too-big' as const), mtuBytes: u32, original: bytes(80) }),
  fc.record({ kind: fc.constant('router-solicitation' as const), linkAddress }),
  fc.record({
    kind: fc.constant('router-advertisement' as const),
    hopLimit: u8,
    isManaged: fc.boolean(),
    hasOtherConfig: fc.boolean(),
    routerLifetimeS: u16,
    reachableMs: u32,
    retransmitMs: u32,
    linkAddress,
    mtuBytes: fc.option(u32),
    prefixes: fc.array(prefix, { maxLength: 3 }),
    dnsServers: fc.option(fc.record({ lifetimeS: u32, addresses: fc.array(ipv6, { minLength: 1, maxLength: 3 }) })),
  }),
  fc.record({ kind: fc.constant('neighbor-solicitation' as const), target: unicast, linkAddress }),
  fc.record({
    kind: fc.constant('neighbor-advertisement' as const),
    target: unicast,
    isRouter: fc.boolean(),
    isSolicited: fc.boolean(),
    isOverride: fc.boolean(),
    linkAddress,
  }),
  other([1, 2, 3, 128, 129, 133, 134, 135, 136]),
);

describe('ICMP', () => {
  it('reads what it wrote', () => {
    fc.assert(
      fc.property(icmpv4, (message) => {
        expect(parseIcmpv4(emitIcmpv4(message))).toEqual(message);
      }),
      { numRuns: 500 },
    );
  });

  it('notices every flipped bit', () => {
    fc.assert(
      fc.property(icmpv4, fc.nat(), (message, at) => {
        const whole = emitIcmpv4(message);
        whole[at % whole.length] = (whole[at % whole.length] ?? 0) ^ (1 << (at % 8));
        expect(parseIcmpv4(whole)).toBeInstanceOf(Malformed);
      }),
    );
    expect(parseIcmpv4(new Uint8Array(7))).toBeInstanceOf(Malformed);
  });
});

const FROM = 'fe80::1';
const TO = 'ff02::1';

/** These bytes as an ICMPv6 message with the right checksum. */
function checked(...message: number[]): Uint8Array {
  const whole = Uint8Array.from(message);
  const checksum = foldChecksum(sum(whole, 0, whole.length, pseudoHeaderSum(FROM, TO, 58, whole.length)));
  whole[2] = checksum >>> 8;
  whole[3] = checksum;
  return whole;
}

describe('ICMPv6', () => {
  it('reads what it wrote', () => {
    fc.assert(
      fc.property(icmpv6, ipv6, ipv6, (message, src, dst) => {
        expect(parseIcmpv6(emitIcmpv6(message, src, dst), src, dst)).toEqual(message);
      }),
      { numRuns: 1000 },
    );
  });

  it('notices every flipped bit, and addresses that are not its own', () => {
    fc.assert(
      fc.property(icmpv6, fc.nat(), (message, at) => {
        const whole = emitIcmpv6(message, FROM, TO);
        expect(parseIcmpv6(whole, FROM, 'ff02::2')).toBeInstanceOf(Malformed);
        whole[at % whole.length] = (whole[at % whole.length] ?? 0) ^ (1 << (at % 8));
        expect(parseIcmpv6(whole, FROM, TO)).toBeInstanceOf(Malformed);
      }),
    );
  });

  it('refuses neighbour discovery that RFC 4861 refuses', () => {
    const target = [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2];
    const head = [135, 0, 0, 0, 0, 0, 0, 0];
    expect(parseIcmpv6(checked(...head, ...target), FROM, TO)).toMatchObject({ target: 'fe80::2', linkAddress: null });
    for (const message of [
      // A code, an option of no length, one longer than the message, a target that many are, a message cut short.
      [135, 1, 0, 0, 0, 0, 0, 0, ...target],
      [...head, ...target, 1, 0, 2, 0, 0, 0, 0, 1],
      [...head, ...target, 1, 2, 2, 0, 0, 0, 0, 1],
      [...head, ...target, 1],
      [...head, 0xff, ...target.slice(1)],
      [...head, ...target.slice(1)],
      [134, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ]) {
      expect(parseIcmpv6(checked(...message), FROM, TO)).toBeInstanceOf(Malformed);
    }
  });

  it('skips options it does not know', () => {
    const nonce = [14, 1, 1, 2, 3, 4, 5, 6];
    const link = [1, 1, 2, 0, 0, 0, 0, 1];
    expect(parseIcmpv6(checked(133, 0, 0, 0, 0, 0, 0, 0, ...nonce, ...link), FROM, TO)).toEqual({
      kind: 'router-solicitation',
      linkAddress: '02:00:00:00:00:01',
    });
  });
});
