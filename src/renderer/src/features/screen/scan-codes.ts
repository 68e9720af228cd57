/*
 * Scan code set 1, as a PC's keyboard controller gives it to the guest. Keys are named by their place
 * (KeyboardEvent.code): which letter stands there is for the guest's own layout to say.
 */

const PLAIN: Readonly<Record<string, number>> = {
  ...numbered(0x01, ['Escape']),
  ...numbered(
    0x02,
    Array.from('1234567890', (digit) => `Digit${digit}`),
  ),
  ...numbered(0x0c, ['Minus', 'Equal', 'Backspace', 'Tab']),
  ...numbered(0x10, letters('QWERTYUIOP')),
  ...numbered(0x1a, ['BracketLeft', 'BracketRight', 'Enter', 'ControlLeft']),
  ...numbered(0x1e, letters('ASDFGHJKL')),
  ...numbered(0x27, ['Semicolon', 'Quote', 'Backquote', 'ShiftLeft', 'Backslash']),
  ...numbered(0x2c, letters('ZXCVBNM')),
  ...numbered(0x33, ['Comma', 'Period', 'Slash', 'ShiftRight', 'NumpadMultiply', 'AltLeft', 'Space', 'CapsLock']),
  ...numbered(0x3b, ['F1', 'F2', 'F3', 'F4', 'F5', 'F6', 'F7', 'F8', 'F9', 'F10', 'NumLock', 'ScrollLock']),
  ...numbered(0x47, ['Numpad7', 'Numpad8', 'Numpad9', 'NumpadSubtract', 'Numpad4', 'Numpad5', 'Numpad6', 'NumpadAdd']),
  ...numbered(0x4f, ['Numpad1', 'Numpad2', 'Numpad3', 'Numpad0', 'NumpadDecimal']),
  ...numbered(0x56, ['IntlBackslash', 'F11', 'F12']),
  KanaMode: 0x70,
  IntlRo: 0x73,
  Convert: 0x79,
  NonConvert: 0x7b,
  IntlYen: 0x7d,
};

/** Those of the larger keyboards that came later, after E0h. */
const EXTENDED: Readonly<Record<string, number>> = {
  NumpadEnter: 0x1c,
  ControlRight: 0x1d,
  NumpadDivide: 0x35,
  AltRight: 0x38,
  Home: 0x47,
  ArrowUp: 0x48,
  PageUp: 0x49,
  ArrowLeft: 0x4b,
  ArrowRight: 0x4d,
  End: 0x4f,
  ArrowDown: 0x50,
  PageDown: 0x51,
  Insert: 0x52,
  Delete: 0x53,
  MetaLeft: 0x5b,
  MetaRight: 0x5c,
  ContextMenu: 0x5d,
};

const UP = 0x80;
const PREFIX = 0xe0;

/** What a key says when it goes down, or comes up; null for one that a PC's keyboard does not have. */
export function scanCodes(code: string, isDown: boolean): readonly number[] | null {
  // Two keys with a history of their own.
  if (code === 'Pause') return isDown ? [0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5] : [];
  if (code === 'PrintScreen') return isDown ? [PREFIX, 0x2a, PREFIX, 0x37] : [PREFIX, 0xb7, PREFIX, 0xaa];
  const up = isDown ? 0 : UP;
  const plain = Object.hasOwn(PLAIN, code) ? PLAIN[code] : undefined;
  if (plain !== undefined) return [plain | up];
  const extended = Object.hasOwn(EXTENDED, code) ? EXTENDED[code] : undefined;
  return extended === undefined ? null : [PREFIX, extended | up];
}

/** The keys of the guest's keyboard that are down, so that none stays down when a person leaves. */
export class HeldKeys {
  readonly #down = new Set<string>();

  /** Null for a key that the guest's keyboard does not have. Held down, it says the same again and again. */
  down(code: string): Uint8Array | null {
    const codes = scanCodes(code, true);
    if (codes === null) return null;
    this.#down.add(code);
    return Uint8Array.from(codes);
  }

  /** Null for a key that was not pressed here. */
  up(code: string): Uint8Array | null {
    return this.#down.delete(code) ? Uint8Array.from(scanCodes(code, false) ?? []) : null;
  }

  /** Lets all of them go, each by itself: what is sent in one piece is bounded. */
  release(): readonly Uint8Array[] {
    const held = [...this.#down];
    this.#down.clear();
    return held.map((code) => Uint8Array.from(scanCodes(code, false) ?? []));
  }
}

/** Presses keys one after the other, and lets them go in reverse. */
export function chord(...codes: readonly string[]): Uint8Array {
  const down = codes.flatMap((code) => scanCodes(code, true) ?? []);
  const up = codes.toReversed().flatMap((code) => scanCodes(code, false) ?? []);
  return Uint8Array.from([...down, ...up]);
}

function numbered(first: number, codes: readonly string[]): Record<string, number> {
  return Object.fromEntries(codes.map((code, index) => [code, first + index]));
}

function letters(row: string): readonly string[] {
  return Array.from(row, (letter) => `Key${letter}`);
}
