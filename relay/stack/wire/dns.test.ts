import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nameBytes, nameLabels, nameText } from './dns-name.ts';
import { emitDns, nameInData, parseDns, type DnsMessage, type DnsRecord } from './dns.ts';
import { Malformed } from './malformed.ts';

const u16 = fc.nat(0xffff);
const bytes = (maxLength: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ maxLength }).map((given) => Uint8Array.from(given));

/** A name's octets, labels of every kind; upper case becomes lower case in its text. */
const wireName = fc
  .array(
    fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 63 }),
      fc.constantFrom('www', 'example', 'org', 'a').map((label) => Uint8Array.from(Buffer.from(label))),
    ),
    { maxLength: 5 },
  )
  .map((labels) => Uint8Array.from([...labels.flatMap((label) => [label.length, ...label]), 0]))
  .filter((wire) => wire.length <= 255);
const name = wireName.map(nameText);

const NAMED_TYPES = new Map([
  [2, [0, 1, 0]],
  [5, [0, 1, 0]],
  [6, [0, 2, 20]],
  [12, [0, 1, 0]],
  [15, [2, 1, 0]],
  [33, [6, 1, 0]],
  [39, [0, 1, 0]],
] as const);
const exactly = (length: number): fc.Arbitrary<number[]> =>
  fc.array(fc.nat(255), { minLength: length, maxLength: length });

const plainRecord: fc.Arbitrary<DnsRecord> = fc.record({
  name,
  type: u16.filter((type) => !NAMED_TYPES.has(type as 2) && type !== 41),
  class: u16,
  ttlS: fc.nat(0x7fffffff),
  data: bytes(60),
});
const namedRecord: fc.Arbitrary<DnsRecord> = fc.constantFrom(...NAMED_TYPES).chain(([type, [before, count, after]]) =>
  fc.record({
    name,
    type: fc.constant(type),
    class: u16,
    ttlS: fc.nat(0x7fffffff),
    data: fc
      .tuple(exactly(before), fc.array(wireName, { minLength: count, maxLength: count }), exactly(after))
      .map(([head, names, tail]) => Uint8Array.from([...head, ...names.flatMap((one) => [...one]), ...tail])),
  }),
);
const opt: fc.Arbitrary<DnsRecord> = fc.record({
  name: fc.constant(''),
  type: fc.constant(41),
  class: u16,
  ttlS: fc.nat(0xffffffff),
  data: bytes(20),
});
const records = fc.array(fc.oneof(plainRecord, namedRecord, opt), { maxLength: 4 });

const message: fc.Arbitrary<DnsMessage> = fc.record({
  id: u16,
  isResponse: fc.boolean(),
  opcode: fc.nat(15),
  isAuthoritative: fc.boolean(),
  isTruncated: fc.boolean(),
  isRecursionDesired: fc.boolean(),
  isRecursionAvailable: fc.boolean(),
  isAuthenticData: fc.boolean(),
  isCheckingDisabled: fc.boolean(),
  rcode: fc.nat(15),
  questions: fc.array(fc.record({ name, type: u16, class: u16 }), { maxLength: 2 }),
  answers: records,
  authorities: records,
  additionals: records,
});

const hex = (text: string): Uint8Array =>
  Uint8Array.from(text.replaceAll(' ', '').match(/../g) ?? [], (octet) => Number.parseInt(octet, 16));

describe('domain names', () => {
  it('go from octets to text and back, but for upper case', () => {
    fc.assert(
      fc.property(wireName, (wire) => {
        const lower = wire.slice();
        for (let at = 0; lower[at] !== 0; at += 1 + lower[at]!) {
          for (let i = at + 1; i <= at + lower[at]!; i++) {
            if (lower[i]! >= 0x41 && lower[i]! <= 0x5a) lower[i]! += 0x20;
          }
        }
        expect(nameBytes(nameText(wire))).toEqual(lower);
        expect(nameLabels(nameText(wire)).join('.')).toBe(nameText(wire));
      }),
    );
  });

  it('keep dots and other octets inside a label apart', () => {
    expect(nameText(hex('04 61 2e 62 5c 02 00 ff 03 4f 72 67 00'))).toBe('a\\.b\\\\.\\000\\255.org');
    expect(nameText(hex('00'))).toBe('');
    for (const text of [
      '.',
      'a..b',
      'a.',
      '.a',
      'a\\',
      'a\\256',
      '\u0100',
      'x'.repeat(64),
      'abcdefg.'.repeat(32) + 'a',
    ]) {
      expect([text, nameBytes(text)]).toEqual([text, null]);
    }
    expect(nameBytes('abcdefg.'.repeat(31) + 'abcde')).toHaveLength(255);
  });
});

describe('DNS', () => {
  it('reads what it wrote', () => {
    fc.assert(
      fc.property(message, (given) => {
        expect(parseDns(emitDns(given))).toEqual(given);
      }),
      { numRuns: 500 },
    );
  });

  it('reads compressed names, those in data too', () => {
    const answer = hex(
      '1234 8180 0001 0002 0000 0000' +
        '03 777777 07 6578616d706c65 03 6f7267 00 0001 0001' +
        // CNAME a.<example.org>, then MX 10 a.example.org, whose name points into the first one's data.
        'c00c 0005 0001 0000003c 0004 01 41 c010' +
        'c02d 000f 0001 ffffffff 0004 000a c02d',
    );
    const parsed = parseDns(answer) as DnsMessage;
    expect(parsed.questions).toEqual([{ name: 'www.example.org', type: 1, class: 1 }]);
    const [cname, mx] = parsed.answers;
    expect(nameInData(cname!.data)).toBe('a.example.org');
    expect([...cname!.data.subarray(0, 4)]).toEqual([1, 0x41, 7, 0x65]);
    expect(mx).toMatchObject({ name: 'a.example.org', ttlS: 0 });
    expect(nameInData(mx!.data, 2)).toBe('a.example.org');
    expect(parseDns(emitDns(parsed))).toEqual(parsed);
  });

  it('points back to names it has written', () => {
    const record = { type: 1, class: 1, ttlS: 60, data: Uint8Array.of(1, 2, 3, 4) };
    const given = {
      ...(parseDns(hex('0001 0100 0001 0000 0000 0000 00 0001 0001')) as DnsMessage),
      questions: [{ name: 'www.example.org', type: 1, class: 1 }],
      answers: [record, record, record].map((one, i) => ({ ...one, name: `${['www.', 'mail.'][i] ?? ''}example.org` })),
    };
    const whole = emitDns(given);
    // 12 + 21 for the question; 2, 7 and 2 for the names.
    expect(whole.length).toBe(12 + 21 + 2 + 7 + 2 + 3 * 14);
    expect(parseDns(whole)).toEqual(given);
  });

  it('refuses pointers that loop, lead forward or past the end, and names without end', () => {
    for (const name of ['c00c', 'c00e 00', 'c0ff', 'c0', '3f 61', '40 00', '80', '01 61 c00c', '']) {
      expect(parseDns(hex(`0001 0100 0001 0000 0000 0000 ${name} 0001 0001`).subarray(0, -1))).toBeInstanceOf(
        Malformed,
      );
    }
    // A chain of pointers, each one octet of label longer than what is allowed in all.
    const long = [...hex('0001 0100 0001 0001 0000 0000'), 63, ...new Uint8Array(63).fill(97)];
    const ring = Uint8Array.from([...long, 0xc0, 12, 0, 1, 0, 1]);
    expect(parseDns(ring)).toBeInstanceOf(Malformed);
  });

  it('refuses counts that the message does not hold, or that are beyond all reason', () => {
    for (const counts of ['0001 0000 0000 0000', '0000 0001 0000 0000', '0000 0000 0000 0001', '0011 0000 0000 0000']) {
      expect(parseDns(hex(`0001 0100 ${counts}`))).toBeInstanceOf(Malformed);
    }
    const many = new Uint8Array(12 + 1025 * 11);
    many.set(hex('0001 0100 0000 0401'));
    expect(parseDns(many)).toBeInstanceOf(Malformed);
    many[7] = 0;
    expect(parseDns(many)).toMatchObject({ answers: { length: 1024 } });
  });

  it('refuses data whose names do not end with it', () => {
    for (const [type, data] of [
      ['0005', '0002 0161'],
      ['000f', '0001 00'],
      ['0006', '0001 00'],
      ['0005', '0004 016100'],
    ] as const) {
      expect(parseDns(hex(`0001 8180 0000 0001 0000 0000 00 ${type} 0001 00000000 ${data}`))).toBeInstanceOf(Malformed);
    }
  });
});
