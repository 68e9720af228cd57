import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { completeChecksum, finishSentFrame, NET_HEADER_BYTES, writeReceiveHeader } from './virtio-net-header.ts';

/** RFC 1071 as it is written down: big-endian words, one after the other. */
function plainChecksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.byteLength; at += 2) sum += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

/** A frame with 12 bytes before it in the same buffer, as v86 gives it. */
function sentFrame(bytes: Uint8Array): Uint8Array {
  const buffer = new Uint8Array(NET_HEADER_BYTES + bytes.byteLength);
  buffer.set(bytes, NET_HEADER_BYTES);
  return buffer.subarray(NET_HEADER_BYTES);
}

describe('completing a checksum', () => {
  const place = fc.record({
    bytes: fc.uint8Array({ minLength: 60, maxLength: 4000 }),
    start: fc.integer({ min: 14, max: 54 }),
    offset: fc.integer({ min: 0, max: 3 }).map((pairs) => pairs * 2),
    isShifted: fc.boolean(),
  });

  it('gives what RFC 1071 gives, at any alignment and length', () => {
    fc.assert(
      fc.property(place, ({ bytes, start, offset, isShifted }) => {
        const frame = isShifted ? new Uint8Array([0, ...bytes]).subarray(1) : sentFrame(bytes);
        const expected = plainChecksum(frame.slice(start)) || 0xffff;
        const isInside = start + offset + 2 <= frame.byteLength;
        expect(completeChecksum(frame, start, offset)).toBe(isInside);
        if (!isInside) return;
        const at = start + offset;
        expect(((frame[at] ?? 0) << 8) | (frame[at + 1] ?? 0)).toBe(expected);
        const rest = [...frame.keys()].filter((index) => index !== at && index !== at + 1);
        for (const index of rest) expect(frame[index]).toBe(bytes[index]);
      }),
    );
  });

  it('does not lose a carry in the longest frame of ones', () => {
    const frame = sentFrame(new Uint8Array(65_549).fill(0xff));
    frame[34] = 0x12;
    const expected = plainChecksum(frame.slice(34));
    completeChecksum(frame, 34, 16);
    expect(((frame[50] ?? 0) << 8) | (frame[51] ?? 0)).toBe(expected);
  });

  it('is left alone when the guest has done it, and refuses a place outside of the frame', () => {
    const frame = sentFrame(new Uint8Array(60).fill(9));
    const header = new Uint8Array(NET_HEADER_BYTES);
    expect(finishSentFrame(header, frame)).toBe(true);
    expect(frame).toEqual(new Uint8Array(60).fill(9));
    header.set([1, 0, 0, 0, 0, 0, 34, 0, 6, 0]);
    expect(finishSentFrame(header, frame)).toBe(true);
    expect(frame[40]).not.toBe(9);
    header.set([255, 255, 255, 255], 6);
    expect(finishSentFrame(header, frame)).toBe(false);
    header.set([60, 0, 0, 0], 6);
    expect(finishSentFrame(header, frame)).toBe(false);
  });
});

describe('the header of a received frame', () => {
  const header = new Uint8Array(NET_HEADER_BYTES);

  function tcpFrame(family: 4 | 6, sizeBytes: number, tcpBytes: number): Uint8Array {
    const frame = new Uint8Array(sizeBytes);
    frame.set(family === 4 ? [8, 0, 0x45] : [0x86, 0xdd, 0x60], 12);
    frame[family === 4 ? 23 : 20] = 6;
    frame[(family === 4 ? 34 : 54) + 12] = (tcpBytes / 4) << 4;
    return frame;
  }

  it('says how many buffers a frame takes and that its checksum is right', () => {
    writeReceiveHeader(header, tcpFrame(4, 1514, 20), { isChecksumTrusted: true, buffers: 300 });
    expect([...header]).toEqual([2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 300 & 255, 300 >> 8]);
    writeReceiveHeader(header, tcpFrame(4, 1514, 20), { isChecksumTrusted: false, buffers: 1 });
    expect([...header]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]);
  });

  it.each([
    [4, 20, 1, 54, 1460],
    [4, 32, 1, 66, 1448],
    [6, 20, 4, 74, 1440],
  ] as const)('says that a long TCP frame over IPv%i is many segments', (family, tcpBytes, gsoType, headers, mss) => {
    writeReceiveHeader(header, tcpFrame(family, 30_000, tcpBytes), { isChecksumTrusted: true, buffers: 8 });
    const expected = [2, gsoType, headers, 0, mss & 255, mss >> 8, 0, 0, 0, 0, 8, 0];
    expect([...header]).toEqual(expected);
  });

  it('never throws, whatever the frame is', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.boolean(), (start, isLong) => {
        const frame = new Uint8Array(isLong ? 2000 : start.byteLength);
        frame.set(start);
        writeReceiveHeader(header, frame, { isChecksumTrusted: true, buffers: 1 });
        expect(header[10]).toBe(1);
      }),
    );
  });
});
