import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitTcpFrame } from '../gso.ts';
import { emitArp, parseArp } from './arp.ts';
import { foldChecksum, pseudoHeaderSum, sum } from './checksum.ts';
import { emitDhcp, parseDhcp } from './dhcp.ts';
import { emitDns, parseDns } from './dns.ts';
import { emitEthernet, parseEthernet } from './ethernet.ts';
import { emitIcmpv4, parseIcmpv4 } from './icmpv4.ts';
import { emitIcmpv6, parseIcmpv6 } from './icmpv6.ts';
import { emitIpv4, parseIpv4 } from './ipv4.ts';
import { emitIpv6, parseIpv6 } from './ipv6.ts';
import { Malformed } from './malformed.ts';
import { emitTcp, parseTcp } from './tcp.ts';
import { emitUdp, parseUdp } from './udp.ts';

const SRC = '10.0.2.15';
const DST = '192.0.2.1';
const SRC6 = 'fd54:6572:7261::15';
const DST6 = 'fd54:6572:7261::2';
const MAC = '02:00:00:00:00:01';

const payload = Uint8Array.from({ length: 64 }, (_, i) => i);
const tcp = emitTcp(
  {
    srcPort: 40_000,
    dstPort: 443,
    seq: 0xfffffff0,
    ack: 7,
    flags: 24,
    window: 512,
    urgent: 0,
    options: { mss: 1460, windowScale: 7, sackPermitted: true, timestamps: { value: 1, echo: 2 } },
    payload,
  },
  SRC,
  DST,
);
const ip = {
  dontFragment: true,
  moreFragments: false,
  fragmentOffsetBytes: 0,
  tos: 0,
  options: payload.subarray(0, 4),
};
const ipv4 = emitIpv4({ ...ip, src: SRC, dst: DST, protocol: 6, ttl: 64, identification: 9, payload: tcp });
const dns = emitDns({
  id: 1,
  isResponse: true,
  opcode: 0,
  isAuthoritative: false,
  isTruncated: false,
  isRecursionDesired: true,
  isRecursionAvailable: true,
  isAuthenticData: false,
  isCheckingDisabled: false,
  rcode: 0,
  questions: [{ name: 'www.example.org', type: 1, class: 1 }],
  answers: [
    { name: 'www.example.org', type: 5, class: 1, ttlS: 60, data: Uint8Array.of(1, 97, 2, 98, 99, 0) },
    { name: 'a.bc', type: 1, class: 1, ttlS: 60, data: Uint8Array.of(1, 2, 3, 4) },
  ],
  authorities: [],
  additionals: [{ name: '', type: 41, class: 1232, ttlS: 0, data: new Uint8Array(0) }],
});
const extended = emitIpv6({
  src: SRC6,
  dst: DST6,
  nextHeader: 60,
  hopLimit: 1,
  trafficClass: 0,
  flowLabel: 0,
  fragment: { identification: 1, offsetBytes: 0, moreFragments: false },
  payload: Uint8Array.from([43, 0, 1, 4, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, ...payload]),
});

/** Sets a checksum, where a change would else be refused for it alone and nothing behind it be tried. */
function mend(bytes: Uint8Array, at: number, length: number, pseudo: number): void {
  if (at + 2 > bytes.length) return;
  bytes.fill(0, at, at + 2);
  const checksum = foldChecksum(sum(bytes, 0, Math.min(length, bytes.length), pseudo));
  bytes[at] = checksum >>> 8;
  bytes[at + 1] = checksum;
}

interface Codec {
  readonly name: string;
  readonly sample: Uint8Array;
  readonly parse: (bytes: Uint8Array) => unknown;
  readonly mend?: (bytes: Uint8Array) => void;
}

const headerBytes = (bytes: Uint8Array): number => ((bytes[0] ?? 0) & 15) * 4;
const codecs: Codec[] = [
  {
    name: 'Ethernet',
    sample: emitEthernet({ dst: MAC, src: MAC, etherType: 0x800, payload: ipv4 }),
    parse: parseEthernet,
  },
  {
    name: 'ARP',
    sample: emitArp({ operation: 'reply', senderMac: MAC, senderIp: SRC, targetMac: MAC, targetIp: DST }),
    parse: parseArp,
  },
  { name: 'IPv4', sample: ipv4, parse: parseIpv4, mend: (bytes) => mend(bytes, 10, headerBytes(bytes), 0) },
  { name: 'IPv6', sample: extended, parse: parseIpv6 },
  {
    name: 'TCP',
    sample: tcp,
    parse: (bytes) => parseTcp(bytes, SRC, DST),
    mend: (bytes) => mend(bytes, 16, bytes.length, pseudoHeaderSum(SRC, DST, 6, bytes.length)),
  },
  {
    name: 'UDP',
    sample: emitUdp({ srcPort: 1, dstPort: 2, payload }, SRC, DST),
    parse: (bytes) => parseUdp(bytes, SRC, DST),
    mend: (bytes) => bytes.fill(0, 6, 8),
  },
  {
    name: 'ICMPv4',
    sample: emitIcmpv4({ kind: 'unreachable', code: 4, nextHopMtu: 1400, original: payload }),
    parse: parseIcmpv4,
    mend: (bytes) => mend(bytes, 2, bytes.length, 0),
  },
  {
    name: 'ICMPv6',
    sample: emitIcmpv6(
      {
        kind: 'router-advertisement',
        hopLimit: 64,
        isManaged: false,
        hasOtherConfig: false,
        routerLifetimeS: 1800,
        reachableMs: 0,
        retransmitMs: 0,
        linkAddress: MAC,
        mtuBytes: 1500,
        prefixes: [{ prefix: SRC6, prefixLength: 64, isOnLink: true, isAutonomous: true, validS: 1, preferredS: 1 }],
        dnsServers: { lifetimeS: 1, addresses: [DST6] },
      },
      SRC6,
      DST6,
    ),
    parse: (bytes) => parseIcmpv6(bytes, SRC6, DST6),
    mend: (bytes) => mend(bytes, 2, bytes.length, pseudoHeaderSum(SRC6, DST6, 58, bytes.length)),
  },
  {
    name: 'DHCP',
    sample: emitDhcp({
      op: 1,
      xid: 1,
      secs: 0,
      broadcast: true,
      ciaddr: SRC,
      yiaddr: SRC,
      siaddr: SRC,
      giaddr: SRC,
      chaddr: MAC,
      options: new Map([
        [53, Uint8Array.of(1)],
        [52, Uint8Array.of(3)],
        [12, payload],
      ]),
    }),
    parse: parseDhcp,
  },
  { name: 'DNS', sample: dns, parse: parseDns },
];

const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 });

/** Some octets changed, the end cut off or grown. */
function mutated(sample: Uint8Array, changes: readonly (readonly [number, number])[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes.set(sample.subarray(0, length));
  for (const [at, value] of changes) if (length > 0) bytes[at % length] = value;
  return bytes;
}

describe.each(codecs)('$name', ({ sample, parse, mend: mendBytes }) => {
  it('takes its own sample', () => {
    expect(parse(sample)).not.toBeInstanceOf(Malformed);
  });

  it('never throws on arbitrary octets', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(typeof parse(bytes)).toBe('object');
        mendBytes?.(bytes);
        expect(typeof parse(bytes)).toBe('object');
      }),
      { numRuns: 2000 },
    );
  });

  it('never throws on what was right before some octets changed or got lost', () => {
    fc.assert(
      fc.property(edits, fc.nat(sample.length + 20), (changes, length) => {
        const bytes = mutated(sample, changes, length);
        expect(typeof parse(bytes)).toBe('object');
        mendBytes?.(bytes);
        expect(typeof parse(bytes)).toBe('object');
      }),
      { numRuns: 5000 },
    );
  });
});

describe('cutting super frames', () => {
  it('never throws, and never makes a piece that is too long', () => {
    const frame = emitEthernet({ dst: MAC, src: MAC, etherType: 0x800, payload: ipv4 });
    fc.assert(
      fc.property(edits, fc.nat(frame.length + 20), fc.nat(120), (changes, length, maxFrameBytes) => {
        for (const piece of splitTcpFrame(mutated(frame, changes, length), maxFrameBytes)) {
          expect(piece.length).toBeLessThanOrEqual(maxFrameBytes);
        }
      }),
      { numRuns: 5000 },
    );
  });
});
