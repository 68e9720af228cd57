import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { figureOf, median, meets } from './figure.ts';

const numbers = fc.array(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), { minLength: 1 });

describe('median', () => {
  it.each([
    [[3], 3],
    [[3, 1, 2], 2],
    [[4, 1, 3, 2], 2.5],
    [[10, 9, 100], 10],
  ])('of %j is %d', (values, expected) => {
    expect(median(values)).toBe(expected);
  });

  it('has as many values on one side as on the other, and leaves its input alone', () => {
    fc.assert(
      fc.property(numbers, (values) => {
        const before = [...values];
        const middle = median(values);
        expect(values).toEqual(before);
        expect(values.filter((value) => value < middle).length).toBeLessThanOrEqual(values.length / 2);
        expect(values.filter((value) => value > middle).length).toBeLessThanOrEqual(values.length / 2);
      }),
    );
  });

  it('of nothing is an error, not a number', () => {
    expect(() => median([])).toThrow(RangeError);
  });
});

describe('meets', () => {
  it('includes the bound', () => {
    expect([meets(0.35, '<=0.35'), meets(0.351, '<=0.35'), meets(3, '>=3'), meets(2.9, '>=3')]).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });

  it.each(['0.35', '<0.35', '<=', '<=x', ''])('refuses %j', (goal) => {
    expect(() => meets(1, goal)).toThrow(SyntaxError);
  });

  it('is false for what is no number', () => {
    expect(meets(NaN, '<=1')).toBe(false);
  });
});

describe('figureOf', () => {
  const measured = { name: 'x', unit: 'ms', goal: '<=0.25', baselineIs: 'the other' };

  it('compares medians', () => {
    expect(figureOf({ ...measured, ours: [1, 2, 300], baseline: [9, 10, 8000] })).toEqual({
      name: 'x',
      unit: 'ms',
      value: 2,
      baseline: 10,
      ratio: 0.2,
      goal: '<=0.25',
      pass: true,
      runs: 3,
      baselineIs: 'the other',
    });
  });

  it('says for how many measurements a percentile stands', () => {
    expect(figureOf({ ...measured, ours: [2], baseline: [10], runs: 20 })).toMatchObject({ value: 2, runs: 20 });
  });

  it('judges before it rounds', () => {
    expect(figureOf({ ...measured, ours: [250.4], baseline: [1000] })).toMatchObject({ ratio: 0.25, pass: false });
  });

  it('judges the value where there is no baseline, and passes where there is no goal', () => {
    const alone = { ...measured, baseline: null, baselineIs: null, ours: [4] };
    expect(figureOf({ ...alone, goal: '<=3' })).toMatchObject({ ratio: null, baseline: null, pass: false });
    expect(figureOf({ ...alone, goal: null })).toMatchObject({ pass: true });
  });
});
