import { describe, expect, it } from 'vitest';
import { formatWhen } from './format-when.ts';

const NOW = new Date(2025, 4, 20, 15, 0, 0).getTime();
const at = (...parts: [number, number, number, number, number]): string => new Date(...parts).toISOString();

describe('formatWhen', () => {
  it.each([
    [new Date(NOW - 5_000).toISOString(), 'just now'],
    [new Date(NOW + 5_000).toISOString(), 'just now'],
    [new Date(NOW - 7 * 60_000).toISOString(), '7 min ago'],
    [at(2025, 4, 20, 9, 5), 'today 09:05'],
    [at(2025, 4, 19, 23, 59), 'yesterday 23:59'],
    [at(2024, 2, 12, 8, 0), '12 Mar 2024'],
    ['not a time', 'at an unknown time'],
  ])('%s reads “%s”', (isoTime, words) => {
    expect(formatWhen(isoTime, NOW)).toBe(words);
  });
});
