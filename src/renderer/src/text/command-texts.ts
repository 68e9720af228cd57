import type { CommandGroup } from '../../../shared/model/commands.ts';
import type { TextKey } from '../../../shared/text/translator.ts';

/** What the groups of commands are called. */
export const COMMAND_GROUP_TEXTS = {
  vm: 'palette.group-vm',
  terminal: 'palette.group-terminal',
  pane: 'palette.group-pane',
  snapshot: 'palette.group-snapshot',
  file: 'palette.group-file',
  view: 'palette.group-view',
  app: 'palette.group-app',
} as const satisfies Record<CommandGroup, TextKey>;
