import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressAt, macAt } from './address.ts';
import { emitArp, parseArp, type ArpMessage } from './arp.ts';
import { emitEthernet, parseEthernet } from './ethernet.ts';
import { emitIpv4, parseIpv4, type Ipv4Packet } from './ipv4.ts';
import {
  emitIpv6,
  emitIpv6Fragment,
  isWholeIpv6,
  joinIpv6,
  parseIpv6,
  type Ipv6Packet,
  writeIpv6Header,
} from './ipv6.ts';
import { Malformed } from './malformed.ts';

const u8 = fc.nat(0xff);
const u16 = fc.nat(0xffff);
const u32 = fc.nat(0xffffffff);
const bytes = (maxLength: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ maxLength }).map((given) => Uint8Array.from(given));
const mac = fc.uint8Array({ minLength: 6, maxLength: 6 }).map((octets) => macAt(octets, 0));
const ipv4 = fc.uint8Array({ minLength: 4, maxLength: 4 }).map((octets) => addressAt(octets, 0, 4));
const ipv6 = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((octets) => addressAt(octets, 0, 16));
const offset = fc.nat(7000).map((eighths) => eighths * 8);

const ipv4Packet: fc.Arbitrary<Ipv4Packet> = fc.record({
  src: ipv4,
  dst: ipv4,
  protocol: u8,
  ttl: u8,
  identification: u16,
  dontFragment: fc.boolean(),
  moreFragments: fc.boolean(),
  fragmentOffsetBytes: offset,
  tos: u8,
  options: bytes(10).map((some) => Uint8Array.from([...some, ...some, ...some, ...some])),
  payload: bytes(100),
});

const upperProtocol = u8.filter((protocol) => ![0, 43, 44, 60].includes(protocol));
const ipv6Packet: fc.Arbitrary<Ipv6Packet> = fc.record({
  src: ipv6,
  dst: ipv6,
  nextHeader: upperProtocol,
  hopLimit: u8,
  trafficClass: u8,
  flowLabel: fc.nat(0xfffff),
  fragment: fc.option(fc.record({ identification: u32, offsetBytes: offset, moreFragments: fc.boolean() })),
  payload: bytes(100),
});

describe('Ethernet and ARP', () => {
  it('read what they wrote', () => {
    fc.assert(
      fc.property(fc.record({ dst: mac, src: mac, etherType: u16, payload: bytes(60) }), (frame) => {
        expect(parseEthernet(emitEthernet(frame))).toEqual(frame);
      }),
    );
    const operation = fc.constantFrom('request' as const, 'reply' as const);
    const message: fc.Arbitrary<ArpMessage> = fc.record({
      operation,
      senderMac: mac,
      senderIp: ipv4,
      targetMac: mac,
      targetIp: ipv4,
    });
    fc.assert(
      fc.property(message, (given) => {
        expect(parseArp(emitArp(given))).toEqual(given);
      }),
    );
  });

  it('refuse what is too short and ARP for other networks', () => {
    expect(parseEthernet(new Uint8Array(13))).toBeInstanceOf(Malformed);
    expect(parseArp(new Uint8Array(27))).toBeInstanceOf(Malformed);
    expect(parseArp(new Uint8Array(28))).toBeInstanceOf(Malformed);
  });
});

describe('IPv4', () => {
  it('reads what it wrote', () => {
    fc.assert(
      fc.property(ipv4Packet, (packet) => {
        expect(parseIpv4(emitIpv4(packet))).toEqual(packet);
      }),
    );
  });

  it('reads the header of RFC 1071’s time', () => {
    const header = '45000073000040004011b861c0a80001c0a800c7';
    const packet = new Uint8Array(0x73);
    packet.set(Uint8Array.from(header.match(/../g) ?? [], (octet) => Number.parseInt(octet, 16)));
    expect(parseIpv4(packet)).toMatchObject({ src: '192.168.0.1', dst: '192.168.0.199', protocol: 17, ttl: 64 });
  });

  it('cuts the link’s padding off and refuses what the header contradicts', () => {
    fc.assert(
      fc.property(ipv4Packet, bytes(40), fc.nat(), (packet, padding, at) => {
        const whole = emitIpv4(packet);
        expect(parseIpv4(Uint8Array.from([...whole, ...padding]))).toEqual(packet);
        expect(parseIpv4(whole.subarray(0, at % whole.length))).toBeInstanceOf(Malformed);
        const flipped = whole.slice();
        const place = at % (20 + packet.options.length);
        flipped[place] = (flipped[place] ?? 0) ^ (1 << (at % 8));
        expect(parseIpv4(flipped)).toBeInstanceOf(Malformed);
      }),
    );
  });

  it('refuses fragments that reach beyond the largest packet', () => {
    const packet = fc.sample(ipv4Packet, 1)[0]!;
    const payload = new Uint8Array(100);
    expect(parseIpv4(emitIpv4({ ...packet, fragmentOffsetBytes: 65_528, payload }))).toBeInstanceOf(Malformed);
  });

  it('throws on what no caller may ask for', () => {
    const packet = fc.sample(ipv4Packet, 1)[0]!;
    expect(() => emitIpv4({ ...packet, options: new Uint8Array(3) })).toThrow(RangeError);
    expect(() => emitIpv4({ ...packet, options: new Uint8Array(44) })).toThrow(RangeError);
    expect(() => emitIpv4({ ...packet, payload: new Uint8Array(65_530) })).toThrow(RangeError);
  });
});

/** An IPv6 packet with these bytes behind its fixed header. */
function withExtensions(nextHeader: number, rest: number[]): Uint8Array {
  const packet = new Uint8Array(40 + rest.length);
  const header = { src: 'fe80::1', dst: 'ff02::16', nextHeader, hopLimit: 1, trafficClass: 0, flowLabel: 0 };
  writeIpv6Header(packet, 0, { ...header, payloadBytes: rest.length });
  packet.set(rest, 40);
  return packet;
}

describe('IPv6', () => {
  it('reads what it wrote', () => {
    fc.assert(
      fc.property(ipv6Packet, (packet) => {
        expect(parseIpv6(emitIpv6(packet))).toEqual(packet);
        const { src, dst, nextHeader, hopLimit, fragment, payload } = packet;
        if (fragment === null) return;
        const piece = emitIpv6Fragment({ src, dst, nextHeader, hopLimit, payload, ...fragment });
        expect(parseIpv6(piece)).toEqual({ ...packet, trafficClass: 0, flowLabel: 0 });
      }),
    );
  });

  it('cuts the link’s padding off and refuses what is cut short', () => {
    fc.assert(
      fc.property(ipv6Packet, bytes(40), fc.nat(), (packet, padding, at) => {
        const whole = emitIpv6(packet);
        expect(parseIpv6(Uint8Array.from([...whole, ...padding]))).toEqual(packet);
        expect(parseIpv6(whole.subarray(0, at % whole.length))).toBeInstanceOf(Malformed);
      }),
    );
  });

  it('steps over the extension headers of a multicast report, and of options that may be skipped', () => {
    // Hop-by-hop with router alert and PadN (RFC 2711), as Linux sends with every MLD report.
    const report = withExtensions(0, [58, 0, 5, 2, 0, 0, 1, 0, 143, 0, 1, 2]);
    expect(parseIpv6(report)).toMatchObject({ nextHeader: 58, payload: Uint8Array.of(143, 0, 1, 2) });
    const two = withExtensions(60, [43, 0, 0, 0, 0, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0, 0, 9]);
    expect(parseIpv6(two)).toMatchObject({ nextHeader: 17, payload: Uint8Array.of(9) });
  });

  it('refuses source routes, options that forbid delivery, misplaced, endless and cut headers', () => {
    const pads = (nextHeader: number): number[] => [nextHeader, 0, 1, 4, 0, 0, 0, 0];
    const fragment = (nextHeader: number, flags = 0): number[] => [nextHeader, 0, 0, flags, 0, 0, 0, 1];
    for (const [kind, rest] of [
      [43, [17, 0, 0, 1, 0, 0, 0, 0]],
      [60, [17, 0, 0xc2, 4, 0, 0, 0, 0]],
      [60, [17, 0, 1, 5, 0, 0, 0, 0]],
      [60, [17, 0, 1, 3, 0, 0, 0, 5]],
      [60, [17, 1, 1, 4, 0, 0, 0, 0]],
      [60, [17, 0, 1]],
      [60, [...pads(0), ...pads(17)]],
      [60, [60, 60, 60, 60, 60, 60, 17].flatMap(pads)],
      [44, [...fragment(44), ...fragment(17)]],
      [0, [17, 2, ...Array.from({ length: 11 }, () => [1, 0]).flat()]],
    ] as const) {
      expect(parseIpv6(withExtensions(kind, [...rest]))).toBeInstanceOf(Malformed);
    }
  });

  it('tells atomic fragments from real ones and joins what follows either', () => {
    const pads = [17, 0, 1, 4, 0, 0, 0, 0];
    const atomic = parseIpv6(withExtensions(44, [60, 0, 0, 0, 0, 0, 0, 1, ...pads, 7]));
    expect(atomic).toMatchObject({ nextHeader: 17, payload: Uint8Array.of(7) });
    expect(isWholeIpv6(atomic as Ipv6Packet)).toBe(true);
    const real = parseIpv6(withExtensions(44, [60, 0, 0, 1, 0, 0, 0, 1, ...pads])) as Ipv6Packet;
    expect(real).toMatchObject({ nextHeader: 60, payload: Uint8Array.from(pads) });
    expect(isWholeIpv6(real)).toBe(false);
    const joined = joinIpv6(real, Uint8Array.from([...pads, 1, 2, 3]));
    expect(joined).toMatchObject({ nextHeader: 17, fragment: null, payload: Uint8Array.of(1, 2, 3) });
    expect(joinIpv6(real, Uint8Array.from([44, 0, 1, 4, 0, 0, 0, 0]))).toBeInstanceOf(Malformed);
    expect(joinIpv6({ ...real, nextHeader: 6 }, Uint8Array.of(1))).toMatchObject({ nextHeader: 6, fragment: null });
  });
});
