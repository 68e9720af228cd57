import { describe, expect, it } from 'vitest';
import { FrameMaker } from './frame-maker.ts';

describe('FrameMaker', () => {
  it('makes frames of the length asked for, all zero, that share no byte', () => {
    const maker = new FrameMaker();
    const lengths = Array.from({ length: 500 }, (_, index) => 14 + ((index * 797) % 2100));
    const frames = lengths.map((length, index) => {
      const frame = maker.make(length);
      expect(frame.length).toBe(length);
      expect(frame.every((byte) => byte === 0)).toBe(true);
      return frame.fill((index % 255) + 1);
    });
    frames.forEach((frame, index) => {
      expect(frame.every((byte) => byte === (index % 255) + 1)).toBe(true);
    });
  });

  it('makes few buffers for small frames and one of its own for a large one', () => {
    const maker = new FrameMaker();
    const small = new Set(Array.from({ length: 400 }, () => maker.make(1514).buffer));
    expect(small.size).toBe(10);
    expect(maker.make(65_549).buffer.byteLength).toBe(65_549);
  });
});
