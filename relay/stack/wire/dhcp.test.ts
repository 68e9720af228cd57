import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressAt, macAt } from './address.ts';
import { emitDhcp, parseDhcp, type DhcpMessage } from './dhcp.ts';
import { Malformed } from './malformed.ts';

const bytes = (maxLength: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ maxLength }).map((given) => Uint8Array.from(given));
const ipv4 = fc.uint8Array({ minLength: 4, maxLength: 4 }).map((octets) => addressAt(octets, 0, 4));

const message: fc.Arbitrary<DhcpMessage> = fc.record({
  op: fc.constantFrom(1, 2),
  xid: fc.nat(0xffffffff),
  secs: fc.nat(0xffff),
  broadcast: fc.boolean(),
  ciaddr: ipv4,
  yiaddr: ipv4,
  siaddr: ipv4,
  giaddr: ipv4,
  chaddr: fc.uint8Array({ minLength: 6, maxLength: 6 }).map((octets) => macAt(octets, 0)),
  options: fc
    .array(fc.tuple(fc.integer({ min: 1, max: 254 }), fc.oneof(bytes(20), bytes(600))), { maxLength: 12 })
    .map((entries) => new Map(entries)),
});

/** A DISCOVER with these bytes for options, `file` and `sname`. */
function discover(options: number[], file: number[] = [], sname: number[] = []): Uint8Array {
  const empty = { op: 1, xid: 1, secs: 0, broadcast: false, chaddr: '02:00:00:00:00:01', options: new Map() };
  const zero = '0.0.0.0';
  const whole = emitDhcp({ ...empty, ciaddr: zero, yiaddr: zero, siaddr: zero, giaddr: zero });
  whole.set(options, 240);
  whole.set(file, 108);
  whole.set(sname, 44);
  return whole;
}

const optionsOf = (whole: Uint8Array): unknown => {
  const parsed = parseDhcp(whole);
  return parsed instanceof Malformed ? parsed : Object.fromEntries([...parsed.options].map(([k, v]) => [k, [...v]]));
};

describe('DHCP', () => {
  it('reads what it wrote, options longer than one can be included', () => {
    fc.assert(
      fc.property(message, (given) => {
        const whole = emitDhcp(given);
        expect(whole.length).toBeGreaterThanOrEqual(300);
        expect(parseDhcp(whole)).toEqual(given);
      }),
    );
  });

  it('joins the parts of an option, and takes those in file and sname when told so', () => {
    expect(optionsOf(discover([12, 2, 1, 2, 0, 12, 1, 3, 255, 12, 1, 9]))).toEqual({ 12: [1, 2, 3] });
    const fields = [
      [52, 1, 3, 12, 1, 1, 255],
      [12, 1, 2, 255],
      [12, 1, 3, 60, 0, 255],
    ] as const;
    expect(optionsOf(discover([...fields[0]], [...fields[1]], [...fields[2]]))).toEqual({
      12: [1, 2, 3],
      52: [3],
      60: [],
    });
    expect(optionsOf(discover([12, 1, 1, 255], [...fields[1]], [...fields[2]]))).toEqual({ 12: [1] });
  });

  it('refuses options longer than their field', () => {
    expect(optionsOf(discover([12, 60, 1]))).toBeInstanceOf(Malformed);
    expect(optionsOf(discover([12, 57]).subarray(0, 241))).toBeInstanceOf(Malformed);
    expect(optionsOf(discover([52, 1, 1], [12, 200]))).toBeInstanceOf(Malformed);
  });

  it('refuses what is not DHCP over Ethernet', () => {
    const whole = discover([255]);
    expect(parseDhcp(whole)).not.toBeInstanceOf(Malformed);
    expect(parseDhcp(whole.subarray(0, 239))).toBeInstanceOf(Malformed);
    for (const [at, value] of [
      [0, 3],
      [1, 6],
      [2, 16],
      [236, 0],
    ] as const) {
      const other = whole.slice();
      other[at] = value;
      expect(parseDhcp(other)).toBeInstanceOf(Malformed);
    }
  });
});
