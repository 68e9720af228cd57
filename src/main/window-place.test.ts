import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placeWindow, type Area } from './window-place.ts';

const LAPTOP: Area = { x: 0, y: 24, width: 1440, height: 876 };
const RIGHT: Area = { x: 1440, y: 0, width: 2560, height: 1440 };
const LEFT: Area = { x: -1920, y: 0, width: 1920, height: 1080 };
const state = (x: number, y: number, width = 1180, height = 760) => ({ x, y, width, height, maximized: false });

describe('placeWindow', () => {
  it('puts the window back on the display it was on', () => {
    expect(placeWindow(state(1600, 100), [LAPTOP, RIGHT])).toEqual(state(1600, 100));
    expect(placeWindow(state(-1800, 40), [LAPTOP, LEFT])).toEqual(state(-1800, 40));
  });

  it('centres it when its display was taken away', () => {
    expect(placeWindow(state(1600, 100), [LAPTOP])).toEqual({ width: 1180, height: 760, maximized: false });
    expect(placeWindow({ ...state(1600, 100), maximized: true }, [LAPTOP])).toEqual({
      width: 1180,
      height: 760,
      maximized: true,
    });
  });

  it('makes it as large as fits when the display is smaller now', () => {
    expect(placeWindow(state(0, 24, 2400, 1300), [LAPTOP])).toEqual(state(0, 24, 1440, 876));
  });

  it('leaves a window that hangs over an edge where it is', () => {
    expect(placeWindow(state(900, 200), [LAPTOP])).toEqual(state(900, 200));
  });

  it('lets the system choose without a place, or without displays', () => {
    const plain = { width: 1180, height: 760, maximized: false };
    expect(placeWindow(plain, [LAPTOP])).toEqual(plain);
    expect(placeWindow(state(5, 5), [])).toEqual(plain);
  });

  it('never puts a window where it cannot be taken hold of', () => {
    const length = fc.integer({ min: 400, max: 5000 });
    const at = fc.integer({ min: -6000, max: 6000 });
    const area = fc.record({ x: at, y: at, width: fc.integer({ min: 640, max: 4000 }), height: length });
    fc.assert(
      fc.property(
        at,
        at,
        length,
        length,
        fc.array(area, { minLength: 1, maxLength: 3 }),
        (x, y, width, height, areas) => {
          const placed = placeWindow(state(x, y, width, height), areas);
          if (placed.x === undefined || placed.y === undefined) return;
          const { x: left, y: top } = placed;
          expect(
            areas.some(
              (display) =>
                Math.min(left + placed.width, display.x + display.width) - Math.max(left, display.x) >= 80 &&
                top >= display.y - 10 &&
                top <= display.y + display.height - 40,
            ),
          ).toBe(true);
        },
      ),
    );
  });
});
