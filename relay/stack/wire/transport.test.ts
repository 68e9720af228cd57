import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressAt } from './address.ts';
import { Malformed } from './malformed.ts';
import { NO_TCP_OPTIONS, tcpOptionsBytes, type TcpOptions } from './tcp-options.ts';
import { emitTcp, finishTcpChecksum, parseTcp, tcpHeaderBytes, type TcpSegment } from './tcp.ts';
import { emitUdp, parseUdp } from './udp.ts';

const u16 = fc.nat(0xffff);
const u32 = fc.nat(0xffffffff);
const bytes = (maxLength: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ maxLength }).map((given) => Uint8Array.from(given));
const ipv4 = fc.uint8Array({ minLength: 4, maxLength: 4 }).map((octets) => addressAt(octets, 0, 4));
const ipv6 = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((octets) => addressAt(octets, 0, 16));
const ends = fc.oneof(fc.tuple(ipv4, ipv4), fc.tuple(ipv6, ipv6));

const options: fc.Arbitrary<TcpOptions> = fc
  .record(
    {
      mss: u16,
      windowScale: fc.nat(14),
      sackPermitted: fc.constant(true as const),
      sack: fc.array(fc.tuple(u32, u32), { minLength: 1, maxLength: 4 }),
      timestamps: fc.record({ value: u32, echo: u32 }),
    },
    { requiredKeys: [] },
  )
  // Only so many fit; what does not is left out by the writer (tested apart).
  .filter((given) => plainBytes(given) <= 40);

function plainBytes(given: TcpOptions): number {
  const sack = given.sack === undefined ? 0 : 4 + 8 * given.sack.length;
  const small = [given.mss, given.windowScale, given.sackPermitted].filter((one) => one !== undefined).length;
  return 4 * small + sack + (given.timestamps === undefined ? 0 : 12);
}

const segment: fc.Arbitrary<TcpSegment> = fc.record({
  srcPort: u16,
  dstPort: u16,
  seq: u32,
  ack: u32,
  flags: fc.nat(0xff),
  window: u16,
  urgent: u16,
  options,
  payload: bytes(100),
});

describe('UDP', () => {
  it('reads what it wrote, whatever stands behind it', () => {
    fc.assert(
      fc.property(ends, u16, u16, bytes(100), bytes(10), ([src, dst], srcPort, dstPort, payload, rest) => {
        const datagram = { srcPort, dstPort, payload };
        const whole = emitUdp(datagram, src, dst);
        expect(parseUdp(whole, src, dst)).toEqual(datagram);
        expect(parseUdp(Uint8Array.from([...whole, ...rest]), src, dst)).toEqual(datagram);
      }),
    );
  });

  it('notices every flipped bit but those that only say that there is no checksum', () => {
    fc.assert(
      fc.property(ends, bytes(60), fc.nat(), ([src, dst], payload, at) => {
        const whole = emitUdp({ srcPort: 1, dstPort: 2, payload }, src, dst);
        whole[at % whole.length] = (whole[at % whole.length] ?? 0) ^ (1 << (at % 8));
        if (whole[6] === 0 && whole[7] === 0) return;
        expect(parseUdp(whole, src, dst)).toBeInstanceOf(Malformed);
      }),
    );
  });

  it('does without a checksum on IPv4 only, and never writes 0 for one', () => {
    const bare = Uint8Array.of(0, 1, 0, 2, 0, 9, 0, 0, 42);
    expect(parseUdp(bare, '10.0.2.15', '10.0.2.3')).toMatchObject({ payload: Uint8Array.of(42) });
    expect(parseUdp(bare, 'fd54::1', 'fd54::2')).toBeInstanceOf(Malformed);
    // Source, destination, protocol and lengths sum to 0xffff with this payload.
    const empty = emitUdp(
      { srcPort: 0, dstPort: 0, payload: Uint8Array.of(0xff, 0xff - 17 - 20) },
      '0.0.0.0',
      '0.0.0.0',
    );
    expect([...empty.subarray(6, 8)]).toEqual([0xff, 0xff]);
    expect(parseUdp(empty, '0.0.0.0', '0.0.0.0')).not.toBeInstanceOf(Malformed);
  });

  it('refuses lengths that cannot be', () => {
    for (const length of [0, 7, 10]) {
      const bare = Uint8Array.of(0, 1, 0, 2, 0, length, 0, 0, 42);
      expect(parseUdp(bare, '10.0.2.15', '10.0.2.3')).toBeInstanceOf(Malformed);
    }
    expect(parseUdp(new Uint8Array(7), '10.0.2.15', '10.0.2.3')).toBeInstanceOf(Malformed);
  });
});

/** A segment whose options are these bytes, its checksum right. */
function withOptions(...given: number[]): Uint8Array {
  const padding = (4 - (given.length % 4)) % 4;
  const whole = new Uint8Array(20 + given.length + padding);
  whole[12] = (whole.length / 4) << 4;
  whole.set(given, 20);
  finishTcpChecksum(whole, 0, whole.length, '1.1.1.1', '2.2.2.2');
  return whole;
}

const optionsOf = (...given: number[]): unknown => {
  const parsed = parseTcp(withOptions(...given), '1.1.1.1', '2.2.2.2');
  return parsed instanceof Malformed ? parsed : parsed.options;
};

describe('TCP', () => {
  it('reads what it wrote', () => {
    fc.assert(
      fc.property(ends, segment, ([src, dst], given) => {
        const whole = emitTcp(given, src, dst);
        expect(parseTcp(whole, src, dst)).toEqual(given);
        expect(tcpHeaderBytes(given.options)).toBe(whole.length - given.payload.length);
      }),
      { numRuns: 500 },
    );
  });

  it('notices every flipped bit and every octet cut off', () => {
    fc.assert(
      fc.property(ends, segment, fc.nat(), ([src, dst], given, at) => {
        const whole = emitTcp(given, src, dst);
        expect(parseTcp(whole.subarray(0, at % 20), src, dst)).toBeInstanceOf(Malformed);
        whole[at % whole.length] = (whole[at % whole.length] ?? 0) ^ (1 << (at % 8));
        expect(parseTcp(whole, src, dst)).toBeInstanceOf(Malformed);
      }),
    );
  });

  it('skips options it does not know, or whose length is not theirs', () => {
    expect(optionsOf()).toBe(NO_TCP_OPTIONS);
    expect(optionsOf(254, 4, 1, 2, 2, 4, 5, 0xb4)).toEqual({ mss: 1460 });
    expect(optionsOf(2, 3, 1, 3, 3, 20)).toEqual({ windowScale: 14 });
    expect(optionsOf(5, 2, 4, 2, 0, 2, 4, 1, 1)).toEqual({ sackPermitted: true });
    expect(optionsOf(1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2)).toEqual({ timestamps: { value: 1, echo: 2 } });
  });

  it('refuses options that do not end', () => {
    expect(optionsOf(2, 5, 0, 0)).toBeInstanceOf(Malformed);
    expect(optionsOf(2, 0, 0, 0)).toBeInstanceOf(Malformed);
    expect(optionsOf(254, 1, 0, 0)).toBeInstanceOf(Malformed);
    expect(optionsOf(1, 1, 1, 8)).toBeInstanceOf(Malformed);
  });

  it('refuses a data offset that cannot be', () => {
    for (const words of [0, 4, 6, 15]) {
      const whole = new Uint8Array(20);
      whole[12] = words << 4;
      finishTcpChecksum(whole, 0, 20, '1.1.1.1', '2.2.2.2');
      expect(parseTcp(whole, '1.1.1.1', '2.2.2.2')).toBeInstanceOf(Malformed);
    }
  });

  it('writes as many SACK blocks as fit beside the rest', () => {
    const sack = [1, 2, 3, 4].map((n) => [10 * n, 10 * n + 5] as const);
    const timestamps = { value: 1, echo: 2 };
    expect(tcpOptionsBytes({ timestamps, sack })).toBe(40);
    const given = {
      srcPort: 1,
      dstPort: 2,
      seq: 3,
      ack: 4,
      flags: 16,
      window: 5,
      urgent: 0,
      payload: new Uint8Array(1),
    };
    const whole = emitTcp({ ...given, options: { timestamps, sack } }, '1.1.1.1', '2.2.2.2');
    expect(parseTcp(whole, '1.1.1.1', '2.2.2.2')).toEqual({
      ...given,
      options: { timestamps, sack: sack.slice(0, 3) },
    });
  });
});
