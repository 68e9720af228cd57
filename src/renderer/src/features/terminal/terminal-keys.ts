/** What the app does with a key while a terminal has the focus; everything else belongs to the guest. */
export type TerminalCommand = 'copy' | 'paste' | 'find' | 'leave' | 'zoom-in' | 'zoom-out' | 'zoom-reset';

type Key = Pick<KeyboardEvent, 'code' | 'key' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey'>;

/** The command of a key press, or null when the guest should get it. */
export function terminalCommand(event: Key): TerminalCommand | null {
  const { code, key, ctrlKey, metaKey, shiftKey, altKey } = event;
  if (altKey || ctrlKey === metaKey) return null;
  // On a Mac the command key alone is free; elsewhere Control alone belongs to the guest's programs.
  if (metaKey || shiftKey) {
    if (code === 'KeyC') return 'copy';
    if (code === 'KeyV') return 'paste';
    if (code === 'KeyF') return 'find';
    // The guest gets the Tab key, so without this a keyboard would never get out of a terminal.
    if (code === 'KeyE' && shiftKey) return 'leave';
  }
  if (key === '+' || key === '=' || code === 'NumpadAdd') return 'zoom-in';
  // Control+Shift+minus is Control+_, which editors in the guest use as “undo”.
  if (!shiftKey && (key === '-' || code === 'NumpadSubtract')) return 'zoom-out';
  if (!shiftKey && (key === '0' || code === 'Numpad0')) return 'zoom-reset';
  return null;
}
