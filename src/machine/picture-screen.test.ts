import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PictureScreen } from './picture-screen.ts';
import type { ScreenLayer } from './v86-internals.ts';

const image = (width: number, height: number): NonNullable<ScreenLayer['image_data']> => ({
  width,
  height,
  // Each pixel's red is its place.
  data: Uint8ClampedArray.from({ length: width * height * 4 }, (_, at) => (at % 4 === 0 ? (at / 4) % 256 : 0)),
});
const layer = (change: Partial<ScreenLayer>): ScreenLayer => ({
  image_data: image(4, 4),
  screen_x: 0,
  screen_y: 0,
  buffer_x: 0,
  buffer_y: 0,
  buffer_width: 4,
  buffer_height: 4,
  ...change,
});
const reds = (screen: PictureScreen): number[] => {
  const frame = screen.take();
  if (frame.kind !== 'picture') throw new Error(frame.kind);
  return Array.from({ length: frame.width * frame.height }, (_, at) => frame.pixels[4 * at] ?? -1);
};

describe('a graphics screen', () => {
  it('copies a part of the card’s buffer to where it is seen', () => {
    const screen = new PictureScreen();
    screen.resize(3, 2);
    screen.copy([layer({ screen_x: 1, screen_y: 0, buffer_x: 2, buffer_y: 1, buffer_width: 2, buffer_height: 2 })]);
    expect(reds(screen)).toEqual([0, 6, 7, 0, 10, 11]);
  });

  it('has changed only when a pixel has', () => {
    const screen = new PictureScreen();
    screen.resize(4, 4);
    screen.copy([layer({})]);
    expect(screen.hasChanged).toBe(true);
    screen.take();
    screen.copy([layer({})]);
    expect(screen.hasChanged).toBe(false);
  });

  it('is opaque whatever the guest left in the fourth byte', () => {
    const screen = new PictureScreen();
    screen.resize(1, 1);
    screen.copy([layer({})]);
    const frame = screen.take();
    expect(frame.kind === 'picture' && [...frame.pixels]).toEqual([0, 0, 0, 255]);
  });

  it('refuses what is larger than it passes on', () => {
    const screen = new PictureScreen();
    screen.resize(2560, 1600);
    screen.copy([layer({})]);
    expect(screen.take()).toEqual({ kind: 'unshown', why: 'too-large', width: 2560, height: 1600 });
  });

  it('never leaves its own bounds', () => {
    const place = fc.integer({ min: -50, max: 50 });
    fc.assert(
      fc.property(fc.nat(20), fc.nat(20), fc.tuple(place, place, place, place, place, place), (width, height, at) => {
        const [screen_x, screen_y, buffer_x, buffer_y, buffer_width, buffer_height] = at;
        const screen = new PictureScreen();
        screen.resize(width, height);
        screen.copy([layer({ screen_x, screen_y, buffer_x, buffer_y, buffer_width, buffer_height })]);
        expect(reds(screen)).toHaveLength(width * height);
      }),
    );
  });
});
