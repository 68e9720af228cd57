import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodeFrame,
  encodeGreeting,
  FrameReader,
  FROM_GUEST,
  NONCE_BYTES,
  RECEIVE_PAYLOAD_MAX_BYTES,
  SEND_PAYLOAD_MAX_BYTES,
  TO_GUEST,
  type Frame,
  type ReaderNews,
} from './frames.ts';

const TAG = 0x1234_5678;
const MARK = Uint8Array.of(0xff, 0x54, 0x45, 0x52, 0x52, 0x41, 0xfe, 0x0a);
const NONCE = Uint8Array.from({ length: NONCE_BYTES }, (_, index) => index + 1);
const mark = (nonce: Uint8Array = NONCE): Uint8Array => join([MARK, nonce]);

function join(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** Cuts bytes at those places, wherever they are. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = [0, ...places.map((place) => place % (bytes.byteLength + 1)).sort((a, b) => a - b), bytes.byteLength];
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

/** A reader whose session begins with the mark of this nonce, and what it told. */
function reading(nonce: Uint8Array = NONCE): { feed(bytes: Uint8Array): void; news: ReaderNews[]; frames(): Frame[] } {
  const reader = new FrameReader();
  const news: ReaderNews[] = [];
  return {
    news,
    frames: () => news.flatMap((each) => (each.kind === 'frame' ? [each.frame] : [])),
    feed: (bytes) =>
      reader.receive(bytes, (each) => {
        news.push(each);
        if (each.kind === 'mark' && Buffer.compare(each.nonce, nonce) === 0) reader.expect(TAG);
      }),
  };
}

const aFrame = fc.record({
  kind: fc.constantFrom(...Object.values(FROM_GUEST)),
  id: fc.nat(0xffff_ffff),
  payload: fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.constantFrom(0, 1, RECEIVE_PAYLOAD_MAX_BYTES).map((bytes) => new Uint8Array(bytes).fill(0xff)),
  ),
});
const places = fc.array(fc.nat(100_000), { maxLength: 20 });

describe('frames of the guest agent', () => {
  it('come out as they went in, wherever the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(aFrame, { maxLength: 6 }), places, (frames, cuts) => {
        const reader = reading();
        const wire = join([mark(), ...frames.map(({ kind, id, payload }) => encodeFrame(kind, id, payload, TAG))]);
        for (const piece of cut(wire, cuts)) reader.feed(piece);
        expect(reader.frames()).toEqual(frames);
        expect(reader.news.filter(({ kind }) => kind === 'lost')).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it('are found behind any garbage, once the mark has come', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.uint8Array({ maxLength: 50 }), fc.constant(MARK), fc.constant(MARK.subarray(0, 5))), {
          maxLength: 8,
        }),
        aFrame,
        places,
        (garbage, frame, cuts) => {
          const reader = reading();
          const wire = join([...garbage, mark(), encodeFrame(frame.kind, frame.id, frame.payload, TAG)]);
          for (const piece of cut(wire, cuts)) reader.feed(piece);
          expect(reader.frames()).toEqual([frame]);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('are found behind the mark of an agent that was cut off by the next', () => {
    for (let length = 0; length <= NONCE_BYTES; length += 1) {
      const reader = reading();
      const frame = encodeFrame(FROM_GUEST.news, 0, Uint8Array.of(65), TAG);
      reader.feed(join([MARK, new Uint8Array(length), mark(), frame]));
      expect(reader.frames(), `${length} bytes of the nonce`).toHaveLength(1);
    }
  });

  it('of another session are none', () => {
    const reader = reading();
    reader.feed(mark());
    reader.feed(encodeFrame(FROM_GUEST.reply, 1, new Uint8Array(4), TAG + 1));
    expect(reader.news.map(({ kind }) => kind)).toEqual(['mark', 'lost']);
    // And nothing is understood until the session begins anew.
    reader.feed(encodeFrame(FROM_GUEST.reply, 1, new Uint8Array(4), TAG));
    expect(reader.frames()).toEqual([]);
    reader.feed(join([mark(), encodeFrame(FROM_GUEST.reply, 1, new Uint8Array(4), TAG)]));
    expect(reader.frames()).toHaveLength(1);
  });

  it('that are too long, or of a kind from the host, are none', () => {
    const tooLong = encodeFrame(FROM_GUEST.data, 1, new Uint8Array(0), TAG);
    new DataView(tooLong.buffer).setUint16(2, RECEIVE_PAYLOAD_MAX_BYTES + 1, true);
    for (const bytes of [tooLong, encodeFrame(TO_GUEST.call, 1, new Uint8Array(0), TAG), Uint8Array.of(0x8a)]) {
      const reader = reading();
      reader.feed(join([mark(), bytes]));
      expect(reader.news.map(({ kind }) => kind)).toEqual(['mark', 'lost']);
    }
  });

  it('keep their bytes when the reader goes on', () => {
    const reader = reading();
    reader.feed(join([mark(), encodeFrame(FROM_GUEST.data, 1, Uint8Array.of(1, 2, 3), TAG)]));
    reader.feed(encodeFrame(FROM_GUEST.data, 2, Uint8Array.of(9, 9, 9), TAG));
    expect(reader.frames()[0]?.payload).toEqual(Uint8Array.of(1, 2, 3));
  });

  it('that nobody sent never throw, and all of them together say no more than their length allows', () => {
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.constant(MARK),
      fc.constant(mark()),
      fc.nat(255).map((byte) => new Uint8Array(500).fill(byte)),
      aFrame.map(({ kind, id, payload }) => encodeFrame(kind, id, payload, TAG)),
      aFrame.map(({ kind, id, payload }) => encodeFrame(kind, id, payload, TAG).subarray(0, 9)),
    );
    fc.assert(
      fc.property(fc.array(noise, { maxLength: 12 }), places, (parts, cuts) => {
        const reader = reading();
        const wire = join(parts);
        for (const piece of cut(wire, cuts)) reader.feed(piece);
        const told = reader.news.reduce(
          (sum, each) => sum + (each.kind === 'frame' ? 12 + each.frame.payload.byteLength : 1),
          0,
        );
        expect(told).toBeLessThanOrEqual(wire.byteLength);
      }),
      { numRuns: 400 },
    );
  });

  it('are taken apart in steps that grow with the bytes and not with their square, whatever they are', () => {
    /** How often a byte of what is held is looked at or moved. */
    const stepsOf = (wire: Uint8Array, pieceBytes: number): number => {
      let steps = 0;
      const original = {
        indexOf: Uint8Array.prototype.indexOf,
        copyWithin: Uint8Array.prototype.copyWithin,
      };
      Uint8Array.prototype.indexOf = function (value, from = 0) {
        const found = original.indexOf.call(this, value, from);
        steps += (found < 0 ? this.length : found) - from + 1;
        return found;
      };
      Uint8Array.prototype.copyWithin = function (this: Uint8Array, target, start, end = this.length) {
        steps += end - start;
        original.copyWithin.call(this, target, start, end);
        return this;
      };
      try {
        const reader = reading();
        for (let at = 0; at < wire.byteLength; at += pieceBytes) reader.feed(wire.subarray(at, at + pieceBytes));
      } finally {
        Object.assign(Uint8Array.prototype, original);
      }
      return steps;
    };
    const long = encodeFrame(FROM_GUEST.data, 1, new Uint8Array(RECEIVE_PAYLOAD_MAX_BYTES), TAG);
    const wires = [
      new Uint8Array(60_000).fill(0xff),
      join(Array.from({ length: 8000 }, () => MARK.subarray(0, 7))),
      join(Array.from({ length: 4000 }, () => mark(new Uint8Array(NONCE_BYTES)))),
      join([mark(), long, long, long]),
    ];
    for (const wire of wires) {
      for (const pieceBytes of [1, 7, 4096, wire.byteLength]) {
        expect(stepsOf(wire, pieceBytes)).toBeLessThan(20 * wire.byteLength);
      }
    }
  });

  it('of a greeting begin with what ends any other frame, and say all of it', () => {
    const bytes = encodeGreeting({
      tag: 0xfeed_beef,
      nonce: NONCE,
      nowMs: 2 ** 33 * 1000 + 250,
      entropy: new Uint8Array(32).fill(7),
      hostName: 'grüße',
    });
    const from = bytes.findIndex((byte) => byte !== 0xff);
    expect(from).toBeGreaterThan(8 + SEND_PAYLOAD_MAX_BYTES + 4);
    const view = new DataView(bytes.buffer, from);
    const name = new TextEncoder().encode('grüße');
    expect([view.getUint8(0), view.getUint16(2, true)]).toEqual([TO_GUEST.hello, 64 + name.byteLength]);
    const payload = bytes.subarray(from + 8, -4);
    expect(new DataView(payload.buffer, payload.byteOffset).getUint32(0, true)).toBe(0xfeed_beef);
    expect(payload.slice(4, 20)).toEqual(NONCE);
    expect(view.getBigUint64(8 + 20, true)).toBe(2n ** 33n);
    expect(view.getUint32(8 + 28, true)).toBe(250_000_000);
    expect(payload.slice(32, 64)).toEqual(new Uint8Array(32).fill(7));
    expect(payload.slice(64)).toEqual(name);
    expect(view.getUint32(8 + payload.byteLength, true)).toBe(0xfeed_beef);
  });
});
