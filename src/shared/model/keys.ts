import * as v from 'valibot';

/**
 * A key combination as Electron writes it: modifiers and one key with `+` between them, `CmdOrCtrl+Shift+P`. Modifiers are
 * `CmdOrCtrl`, `Ctrl`, `Alt`, `Shift`, in this order; the key is what `KeyboardEvent.code` names, without `Key` and
 * `Digit`: `P`, `1`, `F5`, `ArrowLeft`, `Comma`.
 */
export type KeyCombination = string;

export interface Keys {
  /** The command key of a Mac; Control elsewhere. */
  readonly cmdOrCtrl: boolean;
  /** Control itself. Only a Mac tells it from the one before. */
  readonly ctrl: boolean;
  readonly alt: boolean;
  readonly shift: boolean;
  readonly key: string;
}

const MODIFIERS = { CmdOrCtrl: 'cmdOrCtrl', Ctrl: 'ctrl', Alt: 'alt', Shift: 'shift' } as const;
const FUNCTION_KEY = /^F(?:[1-9]|1\d|2[0-4])$/;
/** Keys that type nothing. With Shift they are still keys for the app. */
export const NAMED_KEYS: readonly string[] = [
  'ArrowLeft',
  'ArrowRight',
  'ArrowUp',
  'ArrowDown',
  'Home',
  'End',
  'PageUp',
  'PageDown',
  'Insert',
  'Delete',
  'Backspace',
  'Enter',
  'Tab',
  'Escape',
  'Space',
];
/** What they type on a keyboard of the United States, without Shift. */
export const PUNCTUATION: Readonly<Record<string, string>> = {
  Comma: ',',
  Period: '.',
  Slash: '/',
  Semicolon: ';',
  Quote: "'",
  BracketLeft: '[',
  BracketRight: ']',
  Backslash: '\\',
  Backquote: '`',
  Minus: '-',
  Equal: '=',
};

/** The keys of a combination; null for what is none. */
export function parseKeys(combination: KeyCombination): Keys | null {
  const parts = combination.split('+');
  const key = parts.pop() ?? '';
  const keys = { cmdOrCtrl: false, ctrl: false, alt: false, shift: false, key };
  for (const part of parts) {
    if (!Object.hasOwn(MODIFIERS, part)) return null;
    const modifier = MODIFIERS[part as keyof typeof MODIFIERS];
    if (keys[modifier]) return null;
    keys[modifier] = true;
  }
  return isKey(key) ? keys : null;
}

export function writeKeys(keys: Keys): KeyCombination {
  const modifiers = Object.entries(MODIFIERS).flatMap(([name, modifier]) => (keys[modifier] ? [name] : []));
  return [...modifiers, keys.key].join('+');
}

/** Whether a command may have these: with fewer modifiers they type something, or move about. */
export function mayBeCommand({ cmdOrCtrl, ctrl, alt, shift, key }: Keys): boolean {
  if (cmdOrCtrl || ctrl || FUNCTION_KEY.test(key)) return true;
  // Alt with a letter types one on some keyboards; it is a person's choice.
  if (alt) return true;
  return shift && NAMED_KEYS.includes(key) && !['Tab', 'Enter', 'Space', 'Backspace', 'Escape'].includes(key);
}

export function isFunctionKey(key: string): boolean {
  return FUNCTION_KEY.test(key);
}

/** As Electron writes it in a menu. */
export function acceleratorOf(combination: KeyCombination): string | null {
  const keys = parseKeys(combination);
  if (keys === null) return null;
  const key = PUNCTUATION[keys.key] ?? keys.key.replace(/^Arrow/, '');
  return writeKeys({ ...keys, key });
}

function isKey(key: string): boolean {
  return (
    /^[A-Z0-9]$/.test(key) || FUNCTION_KEY.test(key) || Object.hasOwn(PUNCTUATION, key) || NAMED_KEYS.includes(key)
  );
}

const combination = v.pipe(
  v.string(),
  v.maxLength(60),
  v.check((text) => parseKeys(text) !== null),
);

/** What a person set in place of a command's default keys, by the command's id; null takes its keys away. */
export const keyOverrides = v.pipe(
  v.record(v.pipe(v.string(), v.maxLength(60)), v.nullable(combination)),
  v.check((keys) => Object.keys(keys).length <= 300),
);
