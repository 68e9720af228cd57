import { keysOf, type KeyOverrides } from '../../../../shared/model/command-keys.ts';
import { COMMAND_IDS, COMMANDS, type CommandGroup } from '../../../../shared/model/commands.ts';
import type { KeyCombination } from '../../../../shared/model/keys.ts';
import { COMMAND_GROUP_TEXTS } from '../../text/command-texts.ts';
import { t } from '../../text/text.svelte.ts';

export interface ShortcutGroup {
  readonly title: string;
  readonly shortcuts: readonly { readonly title: string; readonly keys: KeyCombination }[];
}

/** What terminals themselves do with keys. */
const TERMINAL_KEYS = [
  { key: 'help.terminal-copy', keys: 'CmdOrCtrl+Shift+C' },
  { key: 'help.terminal-paste', keys: 'CmdOrCtrl+Shift+V' },
  { key: 'help.terminal-leave', keys: 'CmdOrCtrl+Shift+E' },
] as const;

/** Every command that has keys now, by group. */
export function shortcutGroups(overrides: KeyOverrides): readonly ShortcutGroup[] {
  return (Object.keys(COMMAND_GROUP_TEXTS) as CommandGroup[])
    .map((group) => ({
      title: t(COMMAND_GROUP_TEXTS[group]),
      shortcuts: [
        ...COMMAND_IDS.filter((id) => COMMANDS[id].group === group).flatMap((id) => {
          const keys = keysOf(id, overrides);
          return keys === null ? [] : [{ title: t(`command.${id}`), keys }];
        }),
        ...(group === 'terminal' ? TERMINAL_KEYS.map(({ key, keys }) => ({ title: t(key), keys })) : []),
      ],
    }))
    .filter(({ shortcuts }) => shortcuts.length > 0);
}
