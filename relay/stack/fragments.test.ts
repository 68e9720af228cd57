import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Reassembler, type Fragment } from './fragments.ts';
import type { Ipv6Packet } from './wire/ipv6.ts';

const BASE = { src: '10.0.2.15', dst: '192.0.2.1', protocol: 17, identification: 1 };

function piece(payload: Uint8Array, from: number, to: number, more = {}): Fragment {
  const moreFragments = to < payload.length;
  return { ...BASE, offsetBytes: from, moreFragments, payload: payload.subarray(from, to), ...more };
}

/** A datagram cut at multiples of 8. */
function cut(payload: Uint8Array, pieceBytes: number, more = {}): Fragment[] {
  const pieces: Fragment[] = [];
  for (let at = 0; at < payload.length; at += pieceBytes) {
    pieces.push(piece(payload, at, Math.min(payload.length, at + pieceBytes), more));
  }
  return pieces;
}

const counting = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i * 31 + (i >> 8));

describe('Reassembler', () => {
  it('puts pieces together in any order, repeated ones and other datagrams in between', () => {
    const given = fc.tuple(
      fc.integer({ min: 9, max: 3000 }),
      fc.integer({ min: 1, max: 40 }),
      fc.infiniteStream(fc.nat()),
    );
    fc.assert(
      fc.property(given, ([length, eighths, random]) => {
        const first = counting(length);
        const second = counting(length + 8).reverse();
        const pieceBytes = Math.max(8 * eighths, 8 * Math.ceil(length / 8 / 100));
        const pieces = [...cut(first, pieceBytes), ...cut(second, pieceBytes, { identification: 2 })];
        const order = [...pieces, ...pieces.slice(0, 3)]
          .map((one) => ({ one, key: random.next().value ?? 0 }))
          .sort((a, b) => a.key - b.key);
        const reassembler = new Reassembler();
        const whole = new Map<number, Uint8Array>();
        for (const { one } of order) {
          // A repeated piece after its datagram is done begins another one, as it should.
          const result = reassembler.add(one, 0);
          if (result !== null && !whole.has(one.identification)) whole.set(one.identification, result);
        }
        expect(whole.get(1)).toEqual(first);
        expect(whole.get(2)).toEqual(second);
      }),
    );
  });

  it('keeps datagrams apart by each part of their key', () => {
    const payload = counting(16);
    for (const other of [{ src: '10.0.2.16' }, { dst: '192.0.2.2' }, { protocol: 1 }, { identification: 2 }]) {
      const reassembler = new Reassembler();
      expect(reassembler.add(piece(payload, 0, 8), 0)).toBeNull();
      expect(reassembler.add(piece(payload, 8, 16, other), 0)).toBeNull();
      expect(reassembler.held.datagrams).toBe(2);
    }
  });

  it('refuses a datagram whose pieces overlap, and every later piece of it (RFC 5722)', () => {
    const payload = counting(64);
    const other = counting(64).reverse();
    const overlaps = [
      piece(payload, 8, 32),
      piece(payload, 24, 40),
      piece(payload, 16, 24),
      piece(payload, 8, 40),
      piece(other, 16, 32),
    ];
    for (const overlap of overlaps) {
      const reassembler = new Reassembler();
      expect(reassembler.add(piece(payload, 16, 32), 0)).toBeNull();
      expect(reassembler.add(overlap, 0)).toBeNull();
      expect(reassembler.held).toEqual({ datagrams: 1, bytes: 0 });
      for (const one of cut(payload, 16)) expect(reassembler.add(one, 0)).toBeNull();
      // Another datagram is none the worse, nor is a later one of the same number.
      expect(cut(payload, 32, { identification: 2 }).map((one) => reassembler.add(one, 0))[1]).toEqual(payload);
      expect(cut(payload, 16).map((one) => reassembler.add(one, 30_000))[3]).toEqual(payload);
    }
  });

  it('refuses ends that contradict each other', () => {
    const payload = counting(64);
    for (const [first, second] of [
      [piece(payload, 48, 64), piece(payload, 32, 48, { moreFragments: false })],
      [piece(payload, 32, 48, { moreFragments: false }), piece(payload, 48, 64, { moreFragments: true })],
      [piece(payload, 32, 48), piece(payload, 0, 16, { moreFragments: false })],
      [piece(payload, 48, 64), piece(payload, 48, 64, { moreFragments: true })],
    ] as const) {
      const reassembler = new Reassembler();
      expect(reassembler.add(first, 0)).toBeNull();
      expect(reassembler.add(second, 0)).toBeNull();
      expect(reassembler.held).toEqual({ datagrams: 1, bytes: 0 });
    }
  });

  it('takes no notice of pieces that cannot be', () => {
    const reassembler = new Reassembler();
    const payload = counting(64);
    for (const bad of [
      piece(payload, 0, 9),
      piece(payload, 0, 0),
      piece(payload, 0, 64, { offsetBytes: 65_528 }),
      piece(payload, 64, 64),
    ]) {
      expect(reassembler.add(bad, 0)).toBeNull();
    }
    expect(reassembler.held).toEqual({ datagrams: 0, bytes: 0 });
  });

  it('forgets what has waited for 30 seconds', () => {
    const payload = counting(16);
    const reassembler = new Reassembler();
    reassembler.add(piece(payload, 0, 8), 1000);
    reassembler.add(piece(payload, 0, 8, { identification: 2 }), 2000);
    reassembler.tick(30_999);
    expect(reassembler.held).toEqual({ datagrams: 2, bytes: 16 });
    reassembler.tick(31_000);
    expect(reassembler.held).toEqual({ datagrams: 1, bytes: 8 });
    expect(reassembler.add(piece(payload, 8, 16, { identification: 2 }), 31_999)).toEqual(payload);
    expect(reassembler.held).toEqual({ datagrams: 0, bytes: 0 });
  });

  it('keeps within its bounds of datagrams, bytes and pieces, dropping the oldest', () => {
    const many = new Reassembler();
    const payload = counting(16);
    for (let identification = 0; identification < 1000; identification++) {
      many.add(piece(payload, 0, 8, { identification }), 0);
      expect(many.held.datagrams).toBeLessThanOrEqual(64);
    }
    expect(many.add(piece(payload, 8, 16, { identification: 999 }), 0)).toEqual(payload);
    expect(many.add(piece(payload, 8, 16, { identification: 0 }), 0)).toBeNull();

    const large = new Reassembler();
    const huge = counting(65_528);
    for (let identification = 0; identification < 60; identification++) {
      for (const one of cut(huge, 32_760, { identification }).slice(0, 2)) large.add(one, 0);
      expect(large.held.bytes).toBeLessThanOrEqual(1024 * 1024);
    }
    expect(large.held.bytes).toBeGreaterThan(900 * 1024);

    const crumbs = new Reassembler();
    const results = cut(counting(8 * 400), 8).map((one) => crumbs.add(one, 0));
    expect(results.every((result) => result === null)).toBe(true);
    expect(crumbs.held).toEqual({ datagrams: 1, bytes: 0 });
  });

  it('does not hold on to the frames that pieces came in', () => {
    const reassembler = new Reassembler();
    const frame = counting(16);
    reassembler.add(piece(frame, 0, 8), 0);
    const rest = piece(frame, 8, 16, { payload: frame.slice(8) });
    frame.fill(0);
    expect(reassembler.add(rest, 0)).toEqual(counting(16));
  });

  it('takes IPv6 packets', () => {
    const payload = counting(16);
    const packet = (offsetBytes: number): Ipv6Packet => ({
      src: 'fe80::1',
      dst: 'fe80::2',
      nextHeader: 17,
      hopLimit: 64,
      trafficClass: 0,
      flowLabel: 0,
      fragment: { identification: 0xffffffff, offsetBytes, moreFragments: offsetBytes === 0 },
      payload: payload.subarray(offsetBytes, offsetBytes + 8),
    });
    const reassembler = new Reassembler();
    expect(reassembler.addIpv6(packet(8), 0)).toBeNull();
    expect(reassembler.addIpv6(packet(0), 0)).toEqual(payload);
  });

  it('stays within its bounds whatever comes', () => {
    const fragment = fc.record({
      src: fc.constantFrom('10.0.2.15', '10.0.2.16'),
      dst: fc.constant('192.0.2.1'),
      protocol: fc.constantFrom(6, 17),
      identification: fc.nat(3),
      offsetBytes: fc.nat(12).map((eighths) => eighths * 8),
      moreFragments: fc.boolean(),
      payload: fc.constantFrom(0, 3, 8, 16, 24).map((length) => new Uint8Array(length)),
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(fragment, fc.nat(5000)), { maxLength: 80 }), (arrivals) => {
        const reassembler = new Reassembler();
        let nowMs = 0;
        for (const [one, waitMs] of arrivals) {
          nowMs += waitMs;
          const whole = reassembler.add(one, nowMs);
          if (whole !== null) expect(whole.length).toBeGreaterThanOrEqual(one.offsetBytes + one.payload.length);
          expect(reassembler.held.bytes).toBeGreaterThanOrEqual(0);
        }
        reassembler.tick(nowMs + 30_000);
        expect(reassembler.held).toEqual({ datagrams: 0, bytes: 0 });
      }),
    );
  });
});
