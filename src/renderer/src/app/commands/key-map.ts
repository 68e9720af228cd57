import { keysOf, type KeyOverrides } from '../../../../shared/model/command-keys.ts';
import { COMMAND_IDS, COMMANDS, type CommandId } from '../../../../shared/model/commands.ts';
import { writeKeys, type KeyCombination } from '../../../../shared/model/keys.ts';
import { isForApp, pressedKeys, type KeyPlace, type KeyPress } from './pressed-keys.ts';

/** The commands that have the same keys as this one. Of several the first in the table gets them. */
export function conflictsOf(id: CommandId, overrides: KeyOverrides): readonly CommandId[] {
  const keys = keysOf(id, overrides);
  return keys === null ? [] : COMMAND_IDS.filter((other) => other !== id && keysOf(other, overrides) === keys);
}

/** Which command a key press stands for where it was pressed; null for none. */
export function commandOfKey(
  press: KeyPress,
  where: { readonly place: KeyPlace; readonly isMac: boolean; readonly overrides: KeyOverrides },
): CommandId | null {
  const keys = pressedKeys(press, where.isMac);
  if (keys === null || !isForApp(keys, where.place, where.isMac)) return null;
  const combination = writeKeys(keys);
  return COMMAND_IDS.find((id) => keysOf(id, where.overrides) === combination) ?? null;
}

/** The overrides after a command got other keys; its own ones again need none. */
export function withKeys(overrides: KeyOverrides, id: CommandId, keys: KeyCombination | null): KeyOverrides {
  const rest = Object.entries(overrides).filter(([other]) => other !== id);
  return Object.fromEntries(keys === COMMANDS[id].keys ? rest : [...rest, [id, keys]]);
}
