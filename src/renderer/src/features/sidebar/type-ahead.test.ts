import { expect, it } from 'vitest';
import { TypeAhead } from './type-ahead.ts';

const NAMES = ['web', 'build-1', 'build-2', 'Base', 'db'];

it('goes to the row whose name begins so', () => {
  const typing = new TypeAhead();
  expect(typing.typed('b', 0, NAMES, 0)).toBe(1);
  expect(typing.typed('a', 100, NAMES, 1)).toBe(3);
  expect(typing.isTyping(200)).toBe(true);
  expect(typing.typed('x', 200, NAMES, 3)).toBeNull();
});

it('goes on to the next with the same letter, and round', () => {
  const typing = new TypeAhead();
  const rows: (number | null)[] = [];
  for (let press = 0, at = 0; press < 4; press += 1) {
    at = typing.typed('b', press * 100, NAMES, at) ?? -1;
    rows.push(at);
  }
  expect(rows).toEqual([1, 2, 3, 1]);
});

it('stays at a row that still begins so', () => {
  const typing = new TypeAhead();
  const first = typing.typed('b', 0, NAMES, 0) ?? -1;
  expect(typing.typed('u', 50, NAMES, first)).toBe(1);
});

it('begins another word after a pause', () => {
  const typing = new TypeAhead();
  typing.typed('b', 0, NAMES, 0);
  expect(typing.isTyping(2000)).toBe(false);
  expect(typing.typed('d', 2000, NAMES, 1)).toBe(4);
});
