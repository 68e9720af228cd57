import type { KeyCombination } from './keys.ts';

/** How commands are grouped in the palette, the menu and the list of keys. */
export type CommandGroup = 'vm' | 'terminal' | 'pane' | 'snapshot' | 'file' | 'view' | 'app';

export interface CommandInfo {
  readonly group: CommandGroup;
  /** Until a person sets others; null for none. On a Mac `CmdOrCtrl` is the command key. */
  readonly keys: KeyCombination | null;
}

/**
 * Everything a person can have the app do, as the palette, the menu and the keyboard offer it. What it is called is
 * `command.<id>` in the catalogue; what it does is registered by the part of the page it belongs to. Keys with Shift
 * or a function key work in a terminal, too; what a guest's programs need (Control and a letter) is left to them there.
 */
export const COMMANDS = {
  'vm.new': { group: 'vm', keys: 'CmdOrCtrl+Shift+N' },
  'vm.launch': { group: 'vm', keys: null },
  'vm.pause': { group: 'vm', keys: null },
  'vm.suspend': { group: 'vm', keys: null },
  'vm.shut-down': { group: 'vm', keys: null },
  'vm.restart': { group: 'vm', keys: null },
  'vm.duplicate': { group: 'vm', keys: null },
  'vm.rename': { group: 'vm', keys: null },
  'vm.delete': { group: 'vm', keys: null },
  'vm.next': { group: 'vm', keys: 'CmdOrCtrl+Alt+ArrowDown' },
  'vm.previous': { group: 'vm', keys: 'CmdOrCtrl+Alt+ArrowUp' },
  'snapshot.take': { group: 'snapshot', keys: 'CmdOrCtrl+Shift+S' },
  'terminal.find': { group: 'terminal', keys: 'CmdOrCtrl+Shift+F' },
  'terminal.zoom-in': { group: 'terminal', keys: null },
  'terminal.zoom-out': { group: 'terminal', keys: null },
  'terminal.zoom-reset': { group: 'terminal', keys: null },
  'view.snapshots': { group: 'view', keys: null },
  'view.network': { group: 'view', keys: null },
  'app.palette': { group: 'app', keys: 'CmdOrCtrl+Shift+P' },
  'app.settings': { group: 'app', keys: 'CmdOrCtrl+Comma' },
  'app.help': { group: 'app', keys: 'F1' },
  'app.about': { group: 'app', keys: null },
} as const satisfies Readonly<Record<string, CommandInfo>>;

export type CommandId = keyof typeof COMMANDS;
export const COMMAND_IDS = Object.keys(COMMANDS) as CommandId[];

export function isCommandId(text: string): text is CommandId {
  return Object.hasOwn(COMMANDS, text);
}
