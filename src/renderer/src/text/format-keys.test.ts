import { expect, it } from 'vitest';
import { formatKeys } from './format-keys.ts';

it.each([
  ['CmdOrCtrl+Shift+P', 'Ctrl+Shift+P', '⇧⌘P'],
  ['CmdOrCtrl+Alt+ArrowDown', 'Ctrl+Alt+↓', '⌥⌘↓'],
  ['CmdOrCtrl+Comma', 'Ctrl+,', '⌘,'],
  ['F1', 'F1', 'F1'],
  ['Hyper+X', 'Hyper+X', 'Hyper+X'],
])('%s reads %s, on a Mac %s', (combination, words, onMac) => {
  expect(formatKeys(combination, false)).toBe(words);
  expect(formatKeys(combination, true)).toBe(onMac);
});
