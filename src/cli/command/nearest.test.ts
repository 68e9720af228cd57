import { expect, it } from 'vitest';
import { nearest } from './nearest.ts';

const COMMANDS = ['image', 'run', 'shell', 'snapshot', 'relay', 'vm', 'doctor'];

it.each<[string, string | null]>([
  ['imgae', 'image'],
  ['snapshto', 'snapshot'],
  ['shel', 'shell'],
  ['snap', null],
  ['rum', 'run'],
  ['dcotor', 'doctor'],
  ['rn', 'run'],
  ['kubernetes', null],
  ['', null],
])('takes “%s” for %s', (typed, meant) => {
  expect(nearest(typed, COMMANDS)).toBe(meant);
});

it('makes nothing of what nobody typed', () => {
  expect(nearest('x'.repeat(1_000_000), ['x'.repeat(1_000_000)])).toBeNull();
});

it('takes the nearer of two', () => {
  expect(nearest('--memry', ['--memory', '--member', '--name'])).toBe('--memory');
});
