import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseMeminfo } from './meminfo.ts';

it('reads what a guest needs of its memory', () => {
  const text = 'MemTotal:         123904 kB\nMemFree:           99712 kB\nMemAvailable:     103424 kB\n';
  expect(parseMeminfo(text)).toEqual({ usedMib: 20, totalMib: 121 });
});

it('believes no guest that makes no sense', () => {
  expect(parseMeminfo('MemTotal: 1 kB\nMemAvailable: 2 kB\n')).toBeNull();
  expect(parseMeminfo('MemTotal: 99999999999 kB\nMemAvailable: 2 kB\n')).toBeNull();
  fc.assert(fc.property(fc.string(), (text) => parseMeminfo(text) === null));
});
