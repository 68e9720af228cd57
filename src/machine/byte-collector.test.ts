import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteCollector } from './byte-collector.ts';

describe('ByteCollector', () => {
  it('gives back what was put in, in one piece of that length', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), (pieces) => {
        const collector = new ByteCollector();
        for (const piece of pieces) collector.push(piece);
        const whole = new Uint8Array(Buffer.concat(pieces));
        expect(collector.byteLength).toBe(whole.byteLength);
        const taken = collector.take();
        expect(taken).toEqual(whole);
        expect(taken.buffer.byteLength).toBe(whole.byteLength);
        expect(collector.byteLength).toBe(0);
      }),
    );
  });

  it('is not changed by what happens to a piece later', () => {
    const collector = new ByteCollector();
    const piece = Uint8Array.of(1, 2);
    collector.push(piece);
    piece.fill(0);
    expect(collector.take()).toEqual(Uint8Array.of(1, 2));
  });
});
