import { expect, it } from 'vitest';
import { exitCodeOf } from './exit-code.ts';

it('is what a shell and `timeout` make of it', () => {
  expect(exitCodeOf({ kind: 'exited', code: 0 })).toBe(0);
  expect(exitCodeOf({ kind: 'exited', code: 255 })).toBe(255);
  expect(exitCodeOf({ kind: 'signalled', signal: 9 })).toBe(137);
  expect(exitCodeOf({ kind: 'timed-out' })).toBe(124);
  expect(exitCodeOf({ kind: 'cancelled' })).toBe(130);
});
