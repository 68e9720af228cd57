import { expect, it } from 'vitest';
import { jainIndex } from './jain.ts';

it.each([
  [[5, 5, 5, 5], 1],
  [[8, 0, 0, 0], 0.25],
  [[1, 3], 0.8],
  [[0, 0], 1],
])('of %j is %d', (shares, index) => {
  expect(jainIndex(shares)).toBeCloseTo(index, 12);
});
