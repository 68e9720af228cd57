import { expect, it } from 'vitest';
import { countText, sizeText, timeText } from './units.ts';

it('writes sizes in the unit that fits', () => {
  expect([0, 999, 1000, 12_345_678, 999_949_999, 999_950_000, 5e12].map(sizeText)).toEqual([
    '0 B',
    '999 B',
    '1.0 kB',
    '12.3 MB',
    '999.9 MB',
    '1.0 GB',
    '5.0 TB',
  ]);
});

it('writes times as on the wall, and leaves what is none', () => {
  const local = new Date(2026, 0, 2, 3, 4);
  expect(timeText(local.toISOString())).toBe('2026-01-02 03:04');
  expect(timeText('yesterday')).toBe('yesterday');
});

it('counts', () => {
  expect([countText(1, 'image'), countText(0, 'image'), countText(2, 'entry', 'entries')]).toEqual([
    '1 image',
    '0 images',
    '2 entries',
  ]);
});
