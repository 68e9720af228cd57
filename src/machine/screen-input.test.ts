import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ScreenInput } from './screen-frame.ts';
import { moves, sendScreenInput } from './screen-input.ts';

const sent = (input: ScreenInput): [string, unknown][] => {
  const events: [string, unknown][] = [];
  sendScreenInput({ send: (event, value) => void events.push([event, value]) }, input);
  return events;
};

describe('what is done on the screen', () => {
  it('goes to the keyboard code by code', () => {
    expect(sent({ kind: 'keys', codes: Uint8Array.of(0xe0, 0x48) })).toEqual([
      ['keyboard-code', 0xe0],
      ['keyboard-code', 0x48],
    ]);
  });

  it('is bounded', () => {
    expect(sent({ kind: 'keys', codes: new Uint8Array(5000) })).toHaveLength(64);
    expect(sent({ kind: 'wheel', notches: 1e9 })).toHaveLength(7);
    expect(sent({ kind: 'move', dx: Infinity, dy: NaN, x: -3, y: NaN })).toEqual([['mouse-absolute', [0, 0, 1, 1]]]);
    expect(sent({ kind: 'move', dx: 1e12, dy: 0, x: 1, y: 0 }).length).toBeLessThan(20);
  });

  it('moves the mouse, whose y grows upwards, and turns its wheel', () => {
    expect(sent({ kind: 'move', dx: 3, dy: 5, x: 0.5, y: 0.25 })).toEqual([
      ['mouse-delta', [3, -5]],
      ['mouse-absolute', [0.5, 0.25, 1, 1]],
    ]);
    expect(sent({ kind: 'buttons', left: true, middle: false, right: true })).toEqual([
      ['mouse-click', [true, false, true]],
    ]);
    expect(sent({ kind: 'wheel', notches: 1 })).toEqual([['mouse-wheel', [-1, 0]]]);
  });

  it('goes in packets that add up to the whole movement', () => {
    const distance = fc.integer({ min: -2048, max: 2048 });
    fc.assert(
      fc.property(distance, distance, (dx, dy) => {
        const steps = moves(dx, dy);
        expect(steps.every((step) => step.every((by) => Math.abs(by) <= 127))).toBe(true);
        expect(steps.reduce((sum, [x]) => sum + x, 0)).toBe(dx);
        expect(steps.reduce((sum, [, y]) => sum + y, 0)).toBe(dy);
      }),
    );
  });
});
