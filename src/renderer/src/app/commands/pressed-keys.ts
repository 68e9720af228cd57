import { isFunctionKey, NAMED_KEYS, PUNCTUATION, type Keys } from '../../../../shared/model/keys.ts';

export type KeyPress = Pick<KeyboardEvent, 'code' | 'key' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey'>;

const PUNCTUATION_NAMES: ReadonlyMap<string, string> = new Map(
  Object.entries(PUNCTUATION).map(([name, character]) => [character, name]),
);

/**
 * The keys of a key press; null while only modifiers are down, or for the Windows key. A letter is what the keyboard's
 * layout says where that is Latin, so Control+Z is where Z stands; elsewhere, and for digits, it is the place of the key.
 */
export function pressedKeys(press: KeyPress, isMac: boolean): Keys | null {
  const key = keyName(press);
  if (key === null || (press.metaKey && !isMac)) return null;
  return {
    cmdOrCtrl: isMac ? press.metaKey : press.ctrlKey,
    ctrl: isMac && press.ctrlKey,
    alt: press.altKey,
    shift: press.shiftKey,
    key,
  };
}

/** Where a key is pressed: a terminal's guest needs most keys, a text field some. */
export type KeyPlace = 'terminal' | 'text' | 'page';

/** Control with these means nothing to a terminal, or what apps with tabs use it for. */
const CONTROL_IS_FREE = new Set(['Comma', 'Period', 'Equal', 'Semicolon', 'Tab', 'PageUp', 'PageDown', '0', '1', '9']);

/** Whether the app may do something with keys where they were pressed. */
export function isForApp(keys: Keys, place: KeyPlace, isMac: boolean): boolean {
  if (place === 'page') return true;
  const { cmdOrCtrl, ctrl, alt, shift, key } = keys;
  if (place === 'text') return cmdOrCtrl || ctrl || alt || isFunctionKey(key);
  if (isMac && cmdOrCtrl) return true;
  const control = cmdOrCtrl || ctrl;
  // Plain function keys are what full-screen programs in the guest are worked with.
  if (shift) return control || alt || !/^[A-Z0-9]$/.test(key);
  if (control) return alt || CONTROL_IS_FREE.has(key);
  return alt && /^[0-9]$/.test(key);
}

function keyName({ code, key }: KeyPress): string | null {
  if (/^[a-z]$/i.test(key)) return key.toUpperCase();
  const punctuation = PUNCTUATION_NAMES.get(key);
  if (punctuation !== undefined) return punctuation;
  const place = /^(?:Key|Digit)([A-Z0-9])$/.exec(code)?.[1];
  if (place !== undefined) return place;
  // The keys of the number pad count as what they type or do.
  if (code.startsWith('Numpad'))
    return /^\d$/.test(key) ? key : (NUMPAD[code] ?? (/^[A-Z]\w+$/.test(key) ? key : null));
  if (/^F\d{1,2}$/.test(code) || Object.hasOwn(PUNCTUATION, code)) return code;
  return NAMED_KEYS.includes(code) ? code : null;
}

const NUMPAD: Readonly<Record<string, string>> = {
  NumpadAdd: 'Equal',
  NumpadSubtract: 'Minus',
  NumpadEnter: 'Enter',
};
