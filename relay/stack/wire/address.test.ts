import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addressAt,
  addressBytes,
  addressFamily,
  cidrContains,
  embeddedIpv4,
  isMulticast,
  macAt,
  macBytes,
  parseCidr,
  parseIpAddress,
  writeAddress,
  writeMac,
} from './address.ts';

const ipv4 = fc.uint8Array({ minLength: 4, maxLength: 4 });
const ipv6 = fc.oneof(
  fc.uint8Array({ minLength: 16, maxLength: 16 }),
  // Many zeros, where the text has its corners.
  fc
    .array(fc.constantFrom(0, 0, 0, 1, 0xff), { minLength: 16, maxLength: 16 })
    .map((octets) => Uint8Array.from(octets)),
);
const mac = fc.uint8Array({ minLength: 6, maxLength: 6 });

/** The system's own canonical form. */
const urlForm = (text: string): string => new URL(`http://[${text}]/`).hostname.slice(1, -1);

describe('IP addresses', () => {
  it('go from bytes to canonical text and back', () => {
    fc.assert(
      fc.property(fc.oneof(ipv4, ipv6), fc.nat(5), (bytes, at) => {
        const length = bytes.length === 4 ? 4 : 16;
        const padded = new Uint8Array(at + length);
        padded.set(bytes, at);
        const text = addressAt(padded, at, length);
        expect(addressAt(padded, at, length)).toBe(text);
        expect(isIP(text)).toBe(addressFamily(text));
        expect(parseIpAddress(text)).toBe(text);
        expect(Uint8Array.from(addressBytes(text))).toEqual(Uint8Array.from(bytes));
        const target = new Uint8Array(at + length);
        expect(writeAddress(target, at, text)).toBe(length);
        expect(target).toEqual(padded);
      }),
      { numRuns: 2000 },
    );
  });

  it('have the text of RFC 5952', () => {
    fc.assert(
      fc.property(ipv6, (bytes) => {
        const text = addressAt(bytes, 0, 16);
        if (!text.startsWith('::ffff:') || !text.includes('.')) expect(text).toBe(urlForm(text));
      }),
    );
    for (const [given, canonical] of [
      ['2001:DB8::0:1', '2001:db8::1'],
      ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
      ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
      ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
      ['0:0:0:0:0:0:0:0', '::'],
      ['::1', '::1'],
      ['1::', '1::'],
      ['::ffff:7f00:1', '::ffff:127.0.0.1'],
      ['::ffff:127.0.0.1', '::ffff:127.0.0.1'],
      ['64:ff9b::127.0.0.1', '64:ff9b::7f00:1'],
      ['1:2:3:4:5:6:1.2.3.4', '1:2:3:4:5:6:102:304'],
      ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
      ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
      ['010.0.0.1', null],
      ['0x7f.0.0.1', null],
      ['127.1', null],
      ['2130706433', null],
      ['1.2.3.4.5', null],
      ['256.0.0.1', null],
      ['1.2.3.', null],
      [' 1.2.3.4', null],
      ['1.2.3.4 ', null],
      ['', null],
      [':', null],
      [':::', null],
      ['1::2::3', null],
      ['1:2:3:4:5:6:7', null],
      ['1:2:3:4:5:6:7:8:9', null],
      ['1:2:3:4::5:6:7:8', null],
      ['1.2.3.4::', null],
      ['::1.2.3', null],
      ['::01.2.3.4', null],
      ['fe80::1%eth0', null],
      ['[::1]', null],
      ['12345::', null],
      [':1:2:3:4:5:6:7:8', null],
      ['1:2:3:4:5:6:7:8:', null],
    ] as const) {
      expect([given, parseIpAddress(given)]).toEqual([given, canonical]);
    }
  });

  it('are read from a text exactly when the system reads it', () => {
    const piece = fc.constantFrom('0', '1', 'ff', '255', '::', ':', '.', '1.2.3.4', 'fe80', '12345', '01', 'g', '%0');
    const text = fc.oneof(
      fc.string(),
      fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
    );
    fc.assert(
      fc.property(text, (given) => {
        const family = given.includes('%') ? 0 : isIP(given);
        const parsed = parseIpAddress(given);
        expect(parsed === null ? 0 : addressFamily(parsed)).toBe(family);
      }),
      { numRuns: 5000 },
    );
  });

  it('of which far more come than the caches hold are still right', () => {
    const bytes = new Uint8Array(16);
    const view = new DataView(bytes.buffer);
    for (let i = 0; i < 20_000; i++) {
      view.setUint32(12, i * 2_654_435);
      expect(addressAt(bytes, 12, 4)).toBe(Array.from(bytes.subarray(12)).join('.'));
      expect([...addressBytes(addressAt(bytes, 0, 16))]).toEqual([...bytes]);
    }
  });

  it('carry IPv4 addresses inside', () => {
    for (const [address, embedded] of [
      ['::ffff:127.0.0.1', '127.0.0.1'],
      ['::10.0.0.1', '10.0.0.1'],
      ['64:ff9b::a9fe:a9fe', '169.254.169.254'],
      ['2002:7f00:1::', '127.0.0.1'],
      // RFC 4380, 4: the client's address is there inverted.
      ['2001:0:4136:e378:8000:63bf:3fff:fdd2', '192.0.2.45'],
      ['::', null],
      ['::1', null],
      ['2001:db8::1', null],
      ['64:ff9b:1::1', null],
      ['127.0.0.1', null],
    ] as const) {
      const canonical = parseIpAddress(address) ?? '';
      expect([address, embeddedIpv4(canonical)]).toEqual([address, embedded]);
    }
  });

  it('are multicast by their first bits', () => {
    for (const address of ['224.0.0.1', '239.255.255.255', 'ff02::1']) expect(isMulticast(address)).toBe(true);
    for (const address of ['223.255.255.255', '240.0.0.1', 'fe80::1', '::']) expect(isMulticast(address)).toBe(false);
  });

  it('that are none are a bug of the caller', () => {
    expect(() => addressBytes('10.0.2')).toThrow(RangeError);
    expect(() => macBytes('02:00')).toThrow(RangeError);
  });
});

describe('CIDRs', () => {
  it('clear what is below the prefix and refuse what is none', () => {
    expect(parseCidr('10.0.2.15/24')).toEqual({ address: '10.0.2.0', prefixLength: 24, family: 4 });
    expect(parseCidr('2001:db8:ffff::/33')).toEqual({ address: '2001:db8:8000::', prefixLength: 33, family: 6 });
    expect(parseCidr('192.0.2.1')).toEqual({ address: '192.0.2.1', prefixLength: 32, family: 4 });
    expect(parseCidr('0.0.0.0/0')).toEqual({ address: '0.0.0.0', prefixLength: 0, family: 4 });
    for (const text of [
      '10.0.0.0/33',
      '10.0.0.0/',
      '10.0.0.0/-1',
      '10.0.0.0/08',
      '10.0.0.0/1/2',
      '10/8',
      '::/129',
      '',
    ]) {
      expect([text, parseCidr(text)]).toEqual([text, null]);
    }
  });

  it('contain what agrees in the prefix', () => {
    const one = fc.oneof(fc.tuple(ipv4, ipv4, fc.nat(32)), fc.tuple(ipv6, ipv6, fc.nat(128)));
    fc.assert(
      fc.property(one, ([network, other, prefixLength]) => {
        const length = network.length === 4 ? 4 : 16;
        const cidr = parseCidr(`${addressAt(network, 0, length)}/${prefixLength}`);
        expect(cidr).not.toBeNull();
        if (cidr === null) return;
        const bits = (bytes: Uint8Array): string =>
          [...bytes].map((octet) => octet.toString(2).padStart(8, '0')).join('');
        const agrees = bits(network).slice(0, prefixLength) === bits(other).slice(0, prefixLength);
        expect(cidrContains(cidr, addressAt(other, 0, length))).toBe(agrees);
        expect(cidrContains(cidr, addressAt(network, 0, length))).toBe(true);
        expect(cidrContains(cidr, length === 4 ? '::1' : '127.0.0.1')).toBe(false);
      }),
    );
  });
});

describe('hardware addresses', () => {
  it('go from bytes to text and back', () => {
    fc.assert(
      fc.property(mac, fc.nat(5), (bytes, at) => {
        const padded = new Uint8Array(at + 6);
        padded.set(bytes, at);
        const text = macAt(padded, at);
        expect(text).toMatch(/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/);
        expect(Uint8Array.from(macBytes(text))).toEqual(Uint8Array.from(bytes));
        const target = new Uint8Array(at + 6);
        writeMac(target, at, text);
        expect(target).toEqual(padded);
      }),
    );
  });
});
