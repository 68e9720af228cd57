import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PacedWriter } from './paced-writer.ts';

/** A terminal that parses when the test says so, and a page whose turns the test takes. */
class Bench {
  readonly parsed: number[] = [];
  nowMs = 0;
  msPerByte = 0;
  private pieces: { bytes: Uint8Array; done: (() => void) | undefined }[] = [];
  private turns: (() => void)[] = [];
  readonly writer = new PacedWriter(
    {
      write: (bytes, done) => {
        if (typeof bytes === 'string') throw new TypeError('a machine prints bytes');
        this.pieces.push({ bytes, done });
      },
    },
    { nowMs: () => this.nowMs, soon: (run) => this.turns.push(run) },
  );

  /** @returns the bytes of this turn */
  parse(): number {
    let count = 0;
    for (let piece = this.pieces.shift(); piece; piece = this.pieces.shift()) {
      expect(piece.bytes.byteLength).toBeLessThanOrEqual(8192);
      count += piece.bytes.byteLength;
      this.nowMs += piece.bytes.byteLength * this.msPerByte;
      this.parsed.push(...piece.bytes);
      piece.done?.();
    }
    this.turns.shift()?.();
    return count;
  }
}

describe('PacedWriter', () => {
  it('gives on every byte in order and tells the end of each once, in order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ size: fc.integer({ min: 0, max: 60_000 }), turnsAfter: fc.nat(3) }), { maxLength: 8 }),
        (writes) => {
          const bench = new Bench();
          const printed: number[] = [];
          const drawn: number[] = [];
          for (const [index, { size, turnsAfter }] of writes.entries()) {
            const bytes = Uint8Array.from({ length: size }, (_, at) => (index + at) % 251);
            printed.push(...bytes);
            bench.writer.write(bytes, () => {
              expect(bench.parsed.length).toBeGreaterThanOrEqual(
                writes.slice(0, index + 1).reduce((sum, w) => sum + w.size, 0),
              );
              drawn.push(index);
            });
            for (let turn = 0; turn < turnsAfter; turn += 1) bench.parse();
          }
          for (let turn = 0; turn < 100; turn += 1) bench.parse();
          expect(bench.parsed).toEqual(printed);
          expect(drawn).toEqual(writes.map((_, index) => index));
          bench.nowMs += 1000;
          expect(bench.writer.isFlooded).toBe(false);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('writes at once what a person waits for', () => {
    const bench = new Bench();
    bench.writer.write(Uint8Array.of(65), () => undefined);
    expect(bench.parse()).toBe(1);
    bench.writer.write(Uint8Array.of(66), () => undefined);
    expect(bench.parse()).toBe(1);
  });

  it('knows a flood by its speed, also where the terminal keeps up with it', () => {
    const bench = new Bench();
    for (let piece = 0; piece < 10; piece += 1) {
      bench.nowMs += 10;
      bench.writer.write(new Uint8Array(8 * 1024), () => undefined);
      bench.parse();
    }
    expect(bench.writer.isFlooded).toBe(false);
    for (let piece = 0; piece < 20; piece += 1) {
      bench.nowMs += 10;
      bench.writer.write(new Uint8Array(8 * 1024), () => undefined);
      bench.parse();
    }
    expect(bench.writer.isFlooded).toBe(true);
    bench.nowMs += 400;
    expect(bench.writer.isFlooded).toBe(false);
  });

  it.each([
    { name: 'a fast machine', msPerByte: 1 / 50_000, most: 5 * 50_000 },
    { name: 'a slow one', msPerByte: 1 / 2_000, most: 3 * 8192 },
  ])('takes slices of the same time on $name', ({ msPerByte, most }) => {
    const bench = new Bench();
    bench.msPerByte = msPerByte;
    for (let piece = 0; piece < 64; piece += 1) bench.writer.write(new Uint8Array(64 * 1024), () => undefined);
    expect(bench.writer.isFlooded).toBe(true);
    let slices = 0;
    for (let turn = 0; bench.parsed.length < 64 * 64 * 1024; turn += 1) {
      const bytes = bench.parse();
      // The first ones find out.
      if (turn > 10) expect(bytes).toBeLessThanOrEqual(most + 8192);
      slices += 1;
    }
    expect(slices).toBeGreaterThan(8);
  });
});
