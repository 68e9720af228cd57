import { describe, expect, it } from 'vitest';
import { keysOf } from '../../../../shared/model/command-keys.ts';
import { commandOfKey, conflictsOf, withKeys } from './key-map.ts';
import { isForApp, pressedKeys, type KeyPress } from './pressed-keys.ts';
import { parseKeys, writeKeys } from '../../../../shared/model/keys.ts';

const press = (code: string, key: string, modifiers: Partial<KeyPress> = {}): KeyPress => ({
  code,
  key,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  altKey: false,
  ...modifiers,
});
const words = (given: KeyPress, isMac = false): string | null => {
  const keys = pressedKeys(given, isMac);
  return keys && writeKeys(keys);
};

describe('pressed keys', () => {
  it.each([
    ['a letter', press('KeyP', 'P', { ctrlKey: true, shiftKey: true }), 'CmdOrCtrl+Shift+P'],
    ['a letter of another layout', press('KeyQ', 'a', { ctrlKey: true }), 'CmdOrCtrl+A'],
    ['a key of a Cyrillic layout', press('KeyS', 'ы', { ctrlKey: true }), 'CmdOrCtrl+S'],
    ['a digit under Shift', press('Digit1', '!', { altKey: true, shiftKey: true }), 'Alt+Shift+1'],
    ['punctuation', press('Comma', ',', { ctrlKey: true }), 'CmdOrCtrl+Comma'],
    ['punctuation of another layout', press('KeyM', ',', { ctrlKey: true }), 'CmdOrCtrl+Comma'],
    ['the number pad', press('NumpadSubtract', '-', { ctrlKey: true }), 'CmdOrCtrl+Minus'],
    ['a number pad’s arrow', press('Numpad4', 'ArrowLeft', { altKey: true }), 'Alt+ArrowLeft'],
    ['a function key', press('F5', 'F5'), 'F5'],
    ['only modifiers', press('ShiftLeft', 'Shift', { shiftKey: true }), null],
    ['the Windows key', press('KeyE', 'e', { metaKey: true }), null],
  ])('%s', (_name, given, expected) => expect(words(given)).toBe(expected));

  it('on a Mac are the command key’s', () => {
    expect(words(press('KeyS', 's', { metaKey: true }), true)).toBe('CmdOrCtrl+S');
    expect(words(press('KeyS', 's', { ctrlKey: true }), true)).toBe('Ctrl+S');
  });
});

describe('where keys are pressed', () => {
  it.each([
    ['CmdOrCtrl+S', false, true],
    ['CmdOrCtrl+Shift+S', true, true],
    ['CmdOrCtrl+Alt+ArrowDown', true, true],
    ['CmdOrCtrl+Comma', true, true],
    ['CmdOrCtrl+Tab', true, true],
    ['CmdOrCtrl+ArrowLeft', false, true],
    ['Alt+F', false, true],
    ['Alt+1', true, true],
    ['F1', false, true],
    ['Shift+Home', true, false],
    ['Shift+F5', true, true],
  ])('%s is the app’s in a terminal: %s, in a text field: %s', (combination, inTerminal, inText) => {
    const keys = parseKeys(combination)!;
    expect(isForApp(keys, 'terminal', false)).toBe(inTerminal);
    expect(isForApp(keys, 'text', false)).toBe(inText);
    expect(isForApp(keys, 'page', false)).toBe(true);
  });

  it('a Mac’s guest needs no command key', () => {
    expect(isForApp(parseKeys('CmdOrCtrl+S')!, 'terminal', true)).toBe(true);
    expect(isForApp(parseKeys('Ctrl+S')!, 'terminal', true)).toBe(false);
  });
});

describe('the keys of commands', () => {
  const where = { place: 'page', isMac: false, overrides: {} } as const;
  const palette = press('KeyP', 'P', { ctrlKey: true, shiftKey: true });

  it('stand for their command', () => {
    expect(commandOfKey(palette, where)).toBe('app.palette');
    expect(commandOfKey(palette, { ...where, place: 'terminal' })).toBe('app.palette');
    expect(commandOfKey(press('KeyS', 's', { ctrlKey: true }), where)).toBe('snapshot.save');
    expect(commandOfKey(press('KeyS', 's', { ctrlKey: true }), { ...where, place: 'terminal' })).toBeNull();
    expect(commandOfKey(press('KeyQ', 'q'), where)).toBeNull();
  });

  it('are what a person set', () => {
    const overrides = { 'app.palette': null, 'app.help': 'CmdOrCtrl+Shift+P' };
    expect(commandOfKey(palette, { ...where, overrides })).toBe('app.help');
    expect(keysOf('app.palette', overrides)).toBeNull();
  });

  it('are their own again where what is stored is none', () => {
    expect(keysOf('app.palette', { 'app.palette': 'Hyper+X' })).toBe('CmdOrCtrl+Shift+P');
  });

  it('tell which others have the same', () => {
    expect(conflictsOf('app.help', {})).toEqual([]);
    expect(conflictsOf('app.help', { 'app.help': 'CmdOrCtrl+Shift+P' })).toEqual(['app.palette']);
    expect(conflictsOf('app.help', { 'app.help': null })).toEqual([]);
  });

  it('are stored only where they differ', () => {
    const changed = withKeys({ 'vm.new': null }, 'app.help', 'F2');
    expect(changed).toEqual({ 'vm.new': null, 'app.help': 'F2' });
    expect(withKeys(changed, 'app.help', 'F1')).toEqual({ 'vm.new': null });
  });
});
