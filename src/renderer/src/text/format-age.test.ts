import { describe, expect, it } from 'vitest';
import { formatAge } from './format-age.ts';

describe('formatAge', () => {
  it.each([
    [-5, '0 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [59 * 60_000, '59 min'],
    [25 * 60 * 60_000, '25 h'],
  ])('%d ms reads %s', (ageMs, words) => {
    expect(formatAge(ageMs)).toBe(words);
  });
});
