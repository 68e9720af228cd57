import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { FailureError } from '../shared/result.ts';
import { loadZstd, type Zstd } from '../library/zstd.ts';
import { ZstdDecoder } from './zstd-decoder.ts';

describe('ZstdDecoder', () => {
  let zstd: Zstd;
  let wasm: WebAssembly.Module;
  beforeAll(async () => {
    zstd = await loadZstd();
    wasm = await v86Module();
  });

  it('gives back what was compressed', async () => {
    const decoder = await ZstdDecoder.create(wasm);
    const texts = fc.string().map((text) => new TextEncoder().encode(text.repeat(50)));
    const any = fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 70_000 }), texts).filter((raw) => raw.length > 0);
    fc.assert(
      fc.property(any, (raw) => {
        expect(decode(decoder, zstd.compress(raw), raw.byteLength)).toEqual(raw);
      }),
    );
  });

  it('goes on after its memory grew', async () => {
    const decoder = await ZstdDecoder.create(wasm);
    const large = Uint8Array.from({ length: 24 * 1024 * 1024 }, (_, index) => (index * index) >> 7);
    expect(Buffer.compare(decode(decoder, zstd.compress(large), large.byteLength), large)).toBe(0);
    expect(decode(decoder, zstd.compress(large.subarray(5, 5000)), 4995)).toEqual(large.slice(5, 5000));
  });

  it('refuses what is no frame of that many bytes', async () => {
    const raw = Uint8Array.from({ length: 65_536 }, (_, index) => (index * 7) % 251);
    const frame = zstd.compress(raw);
    const broken: [string, Uint8Array, number][] = [
      ['nothing', new Uint8Array(0), 100],
      ['garbage', new Uint8Array(100).fill(7), 100],
      ['cut off', frame.subarray(0, -10), raw.byteLength],
      ['too short', frame, raw.byteLength + 1],
    ];
    const decoder = await ZstdDecoder.create(wasm);
    for (const [what, bytes, rawBytes] of broken) {
      expect(() => decode(decoder, bytes, rawBytes), what).toThrow(FailureError);
      expect(decode(decoder, frame, raw.byteLength), `after ${what}`).toEqual(raw);
    }
  });

  it('gives bytes or refuses, whatever it is given', async () => {
    const frame = zstd.compress(Uint8Array.from({ length: 9000 }, (_, index) => index >> 4));
    const flips = fc.array(fc.tuple(fc.nat({ max: frame.byteLength - 1 }), fc.integer({ min: 1, max: 255 })), {
      minLength: 1,
      maxLength: 6,
    });
    const decoder = await ZstdDecoder.create(wasm);
    fc.assert(
      fc.property(flips, (changes) => {
        const changed = frame.slice();
        for (const [at, mask] of changes) changed[at] = changed[at]! ^ mask;
        try {
          expect(decode(decoder, changed, 9000).byteLength).toBe(9000);
        } catch (caught) {
          expect(caught).toMatchObject({ code: 'damaged' });
        }
      }),
      { numRuns: 2000 },
    );
  });
});

function decode(decoder: ZstdDecoder, frame: Uint8Array, rawBytes: number): Uint8Array {
  let copy = new Uint8Array(0);
  decoder.decode(frame, rawBytes, (raw) => (copy = raw.slice()));
  return copy;
}

async function v86Module(): Promise<WebAssembly.Module> {
  const path = createRequire(import.meta.url).resolve('v86/build/v86.wasm');
  return WebAssembly.compile(await readFile(path));
}
