import { parseKeys, PUNCTUATION, type KeyCombination } from '../../../shared/model/keys.ts';

const MAC_SIGNS = { ctrl: '⌃', alt: '⌥', shift: '⇧', cmdOrCtrl: '⌘' } as const;
const ARROWS: Readonly<Record<string, string>> = { ArrowLeft: '←', ArrowRight: '→', ArrowUp: '↑', ArrowDown: '↓' };

/** A combination as keyboards have it written on them: `Ctrl+Shift+P`, on a Mac `⇧⌘P`. */
export function formatKeys(combination: KeyCombination, isMac: boolean): string {
  const keys = parseKeys(combination);
  if (keys === null) return combination;
  const key = ARROWS[keys.key] ?? PUNCTUATION[keys.key] ?? keys.key;
  if (isMac) {
    const signs = (['ctrl', 'alt', 'shift', 'cmdOrCtrl'] as const).filter((modifier) => keys[modifier]);
    return [...signs.map((modifier) => MAC_SIGNS[modifier]), key].join('');
  }
  const modifiers = [
    ...(keys.cmdOrCtrl || keys.ctrl ? ['Ctrl'] : []),
    ...(keys.alt ? ['Alt'] : []),
    ...(keys.shift ? ['Shift'] : []),
  ];
  return [...modifiers, key].join('+');
}

export const IS_MAC = typeof navigator !== 'undefined' && navigator.platform.startsWith('Mac');
