import type { CommandId } from '../../../../shared/model/commands.ts';
import type { Commands } from './commands.ts';
import { commandOfKey } from './key-map.ts';
import type { KeyOverrides } from '../../../../shared/model/command-keys.ts';
import type { KeyPlace } from './pressed-keys.ts';

export interface KeyboardSurroundings {
  readonly commands: Pick<Commands, 'run' | 'isEnabled'>;
  readonly isMac: boolean;
  overrides(): KeyOverrides;
}

/** Runs commands by their keys, wherever in the window they are pressed. */
export class Keyboard {
  readonly #around: KeyboardSurroundings;

  constructor(around: KeyboardSurroundings) {
    this.#around = around;
  }

  /** The command that a key press would run now; null leaves the key to who has the focus. */
  commandOf(event: KeyboardEvent): CommandId | null {
    const place = placeOf(event.target);
    if (event.isComposing || place === null || event.getModifierState('AltGraph')) return null;
    const { isMac, commands } = this.#around;
    const id = commandOfKey(event, { place, isMac, overrides: this.#around.overrides() });
    return id !== null && commands.isEnabled(id) ? id : null;
  }

  /** For the window: what nobody else has taken. */
  readonly onKeyDown = (event: KeyboardEvent): void => {
    if (event.defaultPrevented) return;
    const id = this.commandOf(event);
    if (id === null) return;
    event.preventDefault();
    this.#around.commands.run(id);
  };
}

/** Null for a dialog, which has the keyboard to itself. */
function placeOf(target: EventTarget | null): KeyPlace | null {
  if (!(target instanceof Element)) return 'page';
  if (target.closest('[role=dialog], [role=alertdialog]') !== null) return null;
  if (target.closest('.terminal-element, [data-guest-keys]') !== null) return 'terminal';
  const isText = target.matches('input:not([type=checkbox]):not([type=radio]), textarea, [contenteditable]');
  return isText ? 'text' : 'page';
}
