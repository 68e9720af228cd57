import { describe, expect, it } from 'vitest';
import { chord, HeldKeys, scanCodes } from './scan-codes.ts';

describe('scan codes', () => {
  it.each([
    ['Escape', [0x01], [0x81]],
    ['Digit0', [0x0b], [0x8b]],
    ['KeyQ', [0x10], [0x90]],
    ['Enter', [0x1c], [0x9c]],
    ['KeyM', [0x32], [0xb2]],
    ['Space', [0x39], [0xb9]],
    ['F10', [0x44], [0xc4]],
    ['ScrollLock', [0x46], [0xc6]],
    ['NumpadAdd', [0x4e], [0xce]],
    ['NumpadDecimal', [0x53], [0xd3]],
    ['F12', [0x58], [0xd8]],
    ['ArrowUp', [0xe0, 0x48], [0xe0, 0xc8]],
    ['Delete', [0xe0, 0x53], [0xe0, 0xd3]],
    ['ControlRight', [0xe0, 0x1d], [0xe0, 0x9d]],
    ['PrintScreen', [0xe0, 0x2a, 0xe0, 0x37], [0xe0, 0xb7, 0xe0, 0xaa]],
    ['Pause', [0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5], []],
  ])('%s', (code, down, up) => {
    expect(scanCodes(code, true)).toEqual(down);
    expect(scanCodes(code, false)).toEqual(up);
  });

  it('are none for keys a PC does not have', () => {
    for (const code of ['', 'BrowserBack', 'toString', 'constructor']) expect(scanCodes(code, true)).toBeNull();
  });

  it('of Control, Alt and Delete', () => {
    expect([...chord('ControlLeft', 'AltLeft', 'Delete')]).toEqual([0x1d, 0x38, 0xe0, 0x53, 0xe0, 0xd3, 0xb8, 0x9d]);
  });
});

describe('held keys', () => {
  it('come up once, and none that was not pressed', () => {
    const keys = new HeldKeys();
    expect(keys.up('KeyA')).toBeNull();
    expect([...keys.down('KeyA')!]).toEqual([0x1e]);
    expect([...keys.down('KeyA')!]).toEqual([0x1e]);
    expect([...keys.up('KeyA')!]).toEqual([0x9e]);
    expect(keys.up('KeyA')).toBeNull();
  });

  it('are let go together when the person leaves', () => {
    const keys = new HeldKeys();
    keys.down('ShiftLeft');
    keys.down('ArrowUp');
    expect(keys.release().map((codes) => [...codes])).toEqual([[0xaa], [0xe0, 0xc8]]);
    expect(keys.release()).toEqual([]);
  });
});
