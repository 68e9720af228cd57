import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadZstd } from './zstd.ts';

describe('zstd', () => {
  it('gives back what was compressed', async () => {
    const zstd = await loadZstd();
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 70_000 }), (bytes) => {
        expect(Buffer.compare(zstd.decompress(zstd.compress(bytes), bytes.byteLength), bytes)).toBe(0);
      }),
    );
  });

  it('makes little of what repeats itself', async () => {
    const zstd = await loadZstd();
    expect(zstd.compress(new Uint8Array(65_536).fill(7)).byteLength).toBeLessThan(100);
  });

  it('throws for a frame of another size, and for what is no frame', async () => {
    const zstd = await loadZstd();
    const frame = zstd.compress(new Uint8Array(1000).fill(1));
    expect(() => zstd.decompress(frame, 999)).toThrow(/./);
    expect(() => zstd.decompress(frame, 1001)).toThrow(/./);
    expect(() => zstd.decompress(frame.slice(0, -2), 1000)).toThrow(/./);
    expect(() => zstd.decompress(new Uint8Array(50).fill(3), 1000)).toThrow(/./);
  });
});
