import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitTcpFrame } from './gso.ts';
import { emitEthernet, parseEthernet } from './wire/ethernet.ts';
import { emitIpv4, parseIpv4, type Ipv4Packet } from './wire/ipv4.ts';
import { emitIpv6, parseIpv6, type Ipv6Packet } from './wire/ipv6.ts';
import { Malformed } from './wire/malformed.ts';
import {
  emitTcp,
  parseTcp,
  TCP_ACK,
  TCP_FIN,
  TCP_PSH,
  TCP_RST,
  TCP_SYN,
  TCP_URG,
  type TcpSegment,
} from './wire/tcp.ts';
import { emitUdp } from './wire/udp.ts';

const MAC = '02:00:00:00:00:01';
const GATEWAY = '52:55:0a:00:02:02';

const SEGMENT: TcpSegment = {
  srcPort: 40_000,
  dstPort: 443,
  seq: 0xffffff00,
  ack: 77,
  flags: TCP_ACK | TCP_PSH | TCP_FIN,
  window: 501,
  urgent: 0,
  options: { timestamps: { value: 5, echo: 6 } },
  payload: Uint8Array.from({ length: 64_000 }, (_, i) => i * 7 + (i >> 8)),
};
const V4 = {
  src: '10.0.2.15',
  dst: '192.0.2.1',
  protocol: 6,
  ttl: 64,
  identification: 0xfffe,
  dontFragment: true,
  moreFragments: false,
  fragmentOffsetBytes: 0,
  tos: 2,
  options: Uint8Array.of(1, 1, 1, 0),
};
const V6 = {
  src: 'fd54::15',
  dst: '2001:db8::1',
  nextHeader: 6,
  hopLimit: 64,
  trafficClass: 2,
  flowLabel: 99,
  fragment: null,
};

const frameV4 = (segment: TcpSegment): Uint8Array =>
  emitEthernet({
    dst: GATEWAY,
    src: MAC,
    etherType: 0x0800,
    payload: emitIpv4({ ...V4, payload: emitTcp(segment, V4.src, V4.dst) }),
  });
const frameV6 = (segment: TcpSegment): Uint8Array =>
  emitEthernet({
    dst: GATEWAY,
    src: MAC,
    etherType: 0x86dd,
    payload: emitIpv6({ ...V6, payload: emitTcp(segment, V6.src, V6.dst) }),
  });

/** All layers of a frame that must be right; parsing checks the checksums. */
function open(frame: Uint8Array): { ip: Ipv4Packet | Ipv6Packet; tcp: TcpSegment } {
  const ethernet = parseEthernet(frame);
  if (ethernet instanceof Malformed) throw new Error(ethernet.reason);
  const ip = ethernet.etherType === 0x0800 ? parseIpv4(ethernet.payload) : parseIpv6(ethernet.payload);
  if (ip instanceof Malformed) throw new Error(ip.reason);
  const tcp = parseTcp(ip.payload, ip.src, ip.dst);
  if (tcp instanceof Malformed) throw new Error(tcp.reason);
  expect({ dst: ethernet.dst, src: ethernet.src }).toEqual({ dst: GATEWAY, src: MAC });
  return { ip, tcp };
}

function joinedPayload(pieces: readonly Uint8Array[]): Buffer {
  return Buffer.concat(pieces.map((piece) => open(piece).tcp.payload));
}

describe('splitTcpFrame', () => {
  it.each([
    ['IPv4', frameV4],
    ['IPv6', frameV6],
  ])('cuts %s segments so that together they say the same', (_, frameOf) => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 64_000 }), fc.integer({ min: 200, max: 9000 }), (length, maxFrameBytes) => {
        const segment = { ...SEGMENT, payload: SEGMENT.payload.subarray(0, length) };
        const whole = frameOf(segment);
        const pieces = splitTcpFrame(whole, maxFrameBytes);
        if (whole.length <= maxFrameBytes) {
          expect(pieces.length === 1 && pieces[0] === whole).toBe(true);
          return;
        }
        let seq = segment.seq;
        for (const [i, piece] of pieces.entries()) {
          const { ip, tcp } = open(piece);
          const isLast = i === pieces.length - 1;
          expect(piece.length <= maxFrameBytes && (isLast || piece.length === maxFrameBytes)).toBe(true);
          const { payload, seq: itsSeq, flags, ...rest } = tcp;
          expect(itsSeq).toBe(seq);
          expect(flags).toBe(isLast ? segment.flags : TCP_ACK);
          expect({ ...segment, ...rest, payload: null }).toEqual({ ...segment, payload: null });
          seq = (seq + payload.length) >>> 0;
          const identification = (V4.identification + i) & 0xffff;
          expect({ ...ip, payload: null }).toEqual({
            ...('ttl' in ip ? { ...V4, identification } : V6),
            payload: null,
          });
        }
        expect(joinedPayload(pieces).equals(segment.payload)).toBe(true);
      }),
      { numRuns: 25 },
    );
  });

  it('says CWR once, and urgent data only as far as it goes', () => {
    const segment = {
      ...SEGMENT,
      flags: TCP_ACK | TCP_URG | 0x80,
      urgent: 2000,
      payload: SEGMENT.payload.subarray(0, 4000),
    };
    const pieces = splitTcpFrame(frameV6(segment), 1514).map((piece) => open(piece).tcp);
    expect(pieces.map(({ flags, urgent, payload }) => [flags, urgent, payload.length])).toEqual([
      [TCP_ACK | TCP_URG | 0x80, 2000, 1428],
      [TCP_ACK | TCP_URG, 2000 - 1428, 1428],
      [TCP_ACK, 0, 4000 - 2 * 1428],
    ]);
  });

  it('leaves what fits, and only takes the padding off what needs no more', () => {
    const short = frameV4({ ...SEGMENT, payload: SEGMENT.payload.subarray(0, 10) });
    expect(splitTcpFrame(short, 1514)[0]).toBe(short);
    const padded = new Uint8Array(2000);
    padded.set(short);
    expect(splitTcpFrame(padded, 1514)).toEqual([short]);
  });

  it('gives nothing for what cannot be cut', () => {
    const damaged = frameV4(SEGMENT);
    damaged[1000] = (damaged[1000] ?? 0) ^ 1;
    const udp = emitUdp({ srcPort: 1, dstPort: 2, payload: new Uint8Array(3000) }, V4.src, V4.dst);
    const tcp = emitTcp(SEGMENT, V4.src, V4.dst);
    const inEthernet = (payload: Uint8Array, etherType = 0x0800): Uint8Array =>
      emitEthernet({ dst: GATEWAY, src: MAC, etherType, payload });
    const fragment = { identification: 1, offsetBytes: 0, moreFragments: true };
    for (const frame of [
      damaged,
      frameV4(SEGMENT).subarray(0, 3000),
      frameV4({ ...SEGMENT, flags: TCP_SYN }),
      frameV4({ ...SEGMENT, flags: TCP_RST }),
      inEthernet(emitIpv4({ ...V4, protocol: 17, payload: udp })),
      inEthernet(emitIpv4({ ...V4, moreFragments: true, payload: tcp })),
      inEthernet(emitIpv4({ ...V4, fragmentOffsetBytes: 8, payload: tcp.subarray(0, 3000) })),
      inEthernet(emitIpv6({ ...V6, fragment, payload: emitTcp(SEGMENT, V6.src, V6.dst) }), 0x86dd),
      inEthernet(new Uint8Array(3000), 0x0806),
      new Uint8Array(3000),
    ]) {
      expect(splitTcpFrame(frame, 1514)).toEqual([]);
    }
    expect(splitTcpFrame(frameV4(SEGMENT), 70)).toEqual([]);
    expect(splitTcpFrame(new Uint8Array(10), 5)).toEqual([]);
  });
});
