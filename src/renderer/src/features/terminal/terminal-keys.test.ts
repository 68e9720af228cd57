import { describe, expect, it } from 'vitest';
import { terminalCommand } from './terminal-keys.ts';

const press = (code: string, key: string, ...held: ('ctrl' | 'meta' | 'shift' | 'alt')[]) =>
  terminalCommand({
    code,
    key,
    ctrlKey: held.includes('ctrl'),
    metaKey: held.includes('meta'),
    shiftKey: held.includes('shift'),
    altKey: held.includes('alt'),
  });

describe('terminalCommand', () => {
  it('leaves Control with a letter to the guest', () => {
    expect(press('KeyC', 'c', 'ctrl')).toBeNull();
    expect(press('KeyV', 'v', 'ctrl')).toBeNull();
    expect(press('KeyF', 'f', 'ctrl', 'alt')).toBeNull();
    expect(press('KeyC', 'C', 'shift')).toBeNull();
  });

  it('takes copy, paste and find with Control and Shift, or with Command', () => {
    expect(press('KeyC', 'C', 'ctrl', 'shift')).toBe('copy');
    expect(press('KeyV', 'V', 'ctrl', 'shift')).toBe('paste');
    expect(press('KeyF', 'f', 'meta')).toBe('find');
    expect(press('KeyE', 'E', 'ctrl', 'shift')).toBe('leave');
    expect(press('KeyE', 'e', 'meta')).toBeNull();
  });

  it('zooms, but gives Control+_ to the guest', () => {
    expect(press('Equal', '=', 'ctrl')).toBe('zoom-in');
    expect(press('Equal', '+', 'ctrl', 'shift')).toBe('zoom-in');
    expect(press('Minus', '-', 'ctrl')).toBe('zoom-out');
    expect(press('Minus', '_', 'ctrl', 'shift')).toBeNull();
    expect(press('Digit0', '0', 'ctrl')).toBe('zoom-reset');
  });
});
