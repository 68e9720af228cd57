import { describe, expect, it } from 'vitest';
import { formatRemaining } from './format-remaining.ts';

describe('formatRemaining', () => {
  it.each([
    [0, 'a few seconds left'],
    [21_000, 'about 25 s left'],
    [58_000, 'about 1 min left'],
    [170_000, 'about 3 min left'],
    [2 * 60 * 60_000, 'about 2 h left'],
  ])('%d ms reads “%s”', (remainingMs, words) => {
    expect(formatRemaining(remainingMs)).toBe(words);
  });
});
