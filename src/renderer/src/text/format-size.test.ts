import { describe, expect, it } from 'vitest';
import { formatSize } from './format-size.ts';

describe('formatSize', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1 KiB'],
    [1536, '1.5 KiB'],
    [10 * 1024 * 1024, '10 MiB'],
    [1024 * 1024 - 1, '1 MiB'],
    [3 * 1024 ** 3, '3 GiB'],
  ])('%d bytes reads %s', (sizeBytes, words) => {
    expect(formatSize(sizeBytes)).toBe(words);
  });
});
