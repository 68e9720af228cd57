import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pcapngHeader, pcapngPacket } from './pcapng.ts';

interface Block {
  readonly type: number;
  readonly body: DataView;
}

/** A reader after the format's own text, strict about all lengths. */
function readBlocks(bytes: Uint8Array): Block[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const blocks: Block[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = view.getUint32(at + 4, true);
    expect(length % 4).toBe(0);
    expect(view.getUint32(at + length - 4, true)).toBe(length);
    blocks.push({
      type: view.getUint32(at, true),
      body: new DataView(bytes.buffer, bytes.byteOffset + at + 8, length - 12),
    });
    at += length;
  }
  return blocks;
}

function readOptions(body: DataView, from: number): [code: number, value: number[]][] {
  const options: [number, number[]][] = [];
  for (let at = from; ;) {
    const code = body.getUint16(at, true);
    const length = body.getUint16(at + 2, true);
    if (code === 0) {
      expect([length, at + 4]).toEqual([0, body.byteLength]);
      return options;
    }
    options.push([code, Array.from({ length }, (_, i) => body.getUint8(at + 4 + i))]);
    at += 4 + ((length + 3) & ~3);
  }
}

describe('pcapng', () => {
  it('begins with a section and one Ethernet interface without a limit', () => {
    const [section, one, ...rest] = readBlocks(pcapngHeader());
    expect(rest).toEqual([]);
    expect([section?.type, one?.type]).toEqual([0x0a0d0d0a, 1]);
    expect(section?.body.getUint32(0, true)).toBe(0x1a2b3c4d);
    expect([section?.body.getUint16(4, true), section?.body.getUint16(6, true)]).toEqual([1, 0]);
    expect(section?.body.getBigInt64(8, true)).toBe(-1n);
    expect(readOptions(section!.body, 16)).toEqual([[4, [...Buffer.from('Terrarium')]]]);
    expect([one?.body.getUint16(0, true), one?.body.getUint32(4, true)]).toEqual([1, 0]);
  });

  it('keeps every frame whole, with its time and direction', () => {
    const timestamp = fc.oneof(fc.nat(Number.MAX_SAFE_INTEGER), fc.bigInt(0n, 2n ** 53n - 1n));
    const direction = fc.constantFrom('in' as const, 'out' as const);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), timestamp, direction, (frame, timestampUs, way) => {
        const [block, ...rest] = readBlocks(pcapngPacket(frame, timestampUs, way));
        expect(rest).toEqual([]);
        const body = block!.body;
        expect([block?.type, body.getUint32(0, true)]).toEqual([6, 0]);
        const time = BigInt(body.getUint32(4, true)) * 2n ** 32n + BigInt(body.getUint32(8, true));
        expect(time).toBe(BigInt(timestampUs));
        expect([body.getUint32(12, true), body.getUint32(16, true)]).toEqual([frame.length, frame.length]);
        expect(Array.from(frame, (_, i) => body.getUint8(20 + i))).toEqual([...frame]);
        const options = readOptions(body, 20 + ((frame.length + 3) & ~3));
        expect(options).toEqual([[2, [way === 'in' ? 1 : 2, 0, 0, 0]]]);
      }),
    );
  });
});
