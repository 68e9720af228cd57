import { COMMANDS, type CommandId } from './commands.ts';
import { parseKeys, type KeyCombination } from './keys.ts';

/** What a person set in place of the commands' own keys. */
export type KeyOverrides = Readonly<Record<string, KeyCombination | null>>;

/** The keys of a command as they are now; null for none. */
export function keysOf(id: CommandId, overrides: KeyOverrides): KeyCombination | null {
  const set = Object.hasOwn(overrides, id) ? overrides[id] : undefined;
  // What an older or newer version stored may be no combination here.
  return set === undefined || (set !== null && parseKeys(set) === null) ? COMMANDS[id].keys : set;
}
