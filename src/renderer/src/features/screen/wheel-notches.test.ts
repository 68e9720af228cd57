import { describe, expect, it } from 'vitest';
import { WheelNotches } from './wheel-notches.ts';

describe('the notches of a wheel', () => {
  it('are those of a mouse, in pixels, lines or pages', () => {
    const notches = new WheelNotches();
    expect(notches.add({ deltaMode: 0, deltaY: 100 })).toBe(1);
    expect(notches.add({ deltaMode: 0, deltaY: -300 })).toBe(-3);
    expect(notches.add({ deltaMode: 1, deltaY: 3 })).toBe(1);
    expect(notches.add({ deltaMode: 2, deltaY: 1 })).toBe(1);
  });

  it('are gathered from a touch pad’s small pieces, and begin anew in the other direction', () => {
    const notches = new WheelNotches();
    const turned = Array.from({ length: 50 }, () => notches.add({ deltaMode: 0, deltaY: 6 }));
    expect(turned.reduce((sum, each) => sum + each, 0)).toBe(3);
    notches.add({ deltaMode: 0, deltaY: 90 });
    expect(notches.add({ deltaMode: 0, deltaY: -20 })).toBeCloseTo(0);
    expect(notches.add({ deltaMode: 0, deltaY: -80 })).toBe(-1);
  });
});
