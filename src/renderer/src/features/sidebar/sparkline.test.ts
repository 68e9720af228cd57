import { expect, it } from 'vitest';
import { sparklineArea } from './sparkline.ts';

it('draws the last values, newest at the right', () => {
  expect(sparklineArea([], 4)).toBe('');
  expect(sparklineArea([0.5], 4)).toBe('M3 1L3 0.500L3 1Z');
  expect(sparklineArea([9, 0, 0.25, 1, -1], 4)).toBe('M0 1L0 1.000L1 0.750L2 0.000L3 1.000L3 1Z');
});
