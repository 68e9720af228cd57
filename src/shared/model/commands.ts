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
 * `command.<id>` in the catalogue; what it does is registered by the part of the page it belongs to. Keys with Control
 * and Shift work in a terminal, too; what a guest's programs need (Control and a letter, function keys) is left to them there
 * (app/commands/pressed-keys.ts).
 */
export const COMMANDS = {
  'vm.new': { group: 'vm', keys: 'CmdOrCtrl+Shift+N' },
  'image.catalogue': { group: 'vm', keys: 'CmdOrCtrl+Shift+G' },
  'image.import': { group: 'vm', keys: null },
  'vm.launch': { group: 'vm', keys: null },
  'vm.pause': { group: 'vm', keys: null },
  'vm.suspend': { group: 'vm', keys: null },
  'vm.shut-down': { group: 'vm', keys: null },
  'vm.restart': { group: 'vm', keys: null },
  'vm.duplicate': { group: 'vm', keys: null },
  'vm.rename': { group: 'vm', keys: null },
  'vm.tags': { group: 'vm', keys: null },
  'vm.delete': { group: 'vm', keys: null },
  'vm.undelete': { group: 'vm', keys: null },
  'vm.search': { group: 'vm', keys: 'CmdOrCtrl+Shift+L' },
  'vm.next': { group: 'vm', keys: 'CmdOrCtrl+Alt+ArrowDown' },
  'vm.previous': { group: 'vm', keys: 'CmdOrCtrl+Alt+ArrowUp' },
  'snapshot.take': { group: 'snapshot', keys: 'CmdOrCtrl+Shift+S' },
  'snapshot.save': { group: 'snapshot', keys: 'CmdOrCtrl+S' },
  'snapshot.import': { group: 'snapshot', keys: null },
  'terminal.find': { group: 'terminal', keys: 'CmdOrCtrl+Shift+F' },
  'terminal.copy': { group: 'terminal', keys: null },
  'terminal.select-all': { group: 'terminal', keys: null },
  'terminal.clear': { group: 'terminal', keys: null },
  'terminal.scroll-to-top': { group: 'terminal', keys: 'Shift+Home' },
  'terminal.scroll-to-bottom': { group: 'terminal', keys: 'Shift+End' },
  'terminal.open-link': { group: 'terminal', keys: 'CmdOrCtrl+Shift+O' },
  'terminal.clipboard-once': { group: 'terminal', keys: null },
  'terminal.clipboard-always': { group: 'terminal', keys: null },
  'terminal.clipboard-deny': { group: 'terminal', keys: null },
  'terminal.zoom-in': { group: 'terminal', keys: 'CmdOrCtrl+Equal' },
  'terminal.zoom-out': { group: 'terminal', keys: 'CmdOrCtrl+Minus' },
  'terminal.zoom-reset': { group: 'terminal', keys: 'CmdOrCtrl+0' },
  'terminal.new': { group: 'terminal', keys: 'CmdOrCtrl+Shift+T' },
  'terminal.duplicate': { group: 'terminal', keys: null },
  'terminal.close': { group: 'terminal', keys: 'CmdOrCtrl+Shift+W' },
  'terminal.rename': { group: 'terminal', keys: null },
  'terminal.boot-log': { group: 'terminal', keys: null },
  'terminal.broadcast': { group: 'terminal', keys: null },
  'tab.next': { group: 'terminal', keys: 'Ctrl+Tab' },
  'tab.previous': { group: 'terminal', keys: 'Ctrl+Shift+Tab' },
  'tab.move-left': { group: 'terminal', keys: 'CmdOrCtrl+Shift+PageUp' },
  'tab.move-right': { group: 'terminal', keys: 'CmdOrCtrl+Shift+PageDown' },
  'tab.open-other-vm': { group: 'terminal', keys: null },
  'tab.move-to-vm': { group: 'terminal', keys: null },
  'tab.1': { group: 'terminal', keys: 'Alt+1' },
  'tab.2': { group: 'terminal', keys: 'Alt+2' },
  'tab.3': { group: 'terminal', keys: 'Alt+3' },
  'tab.4': { group: 'terminal', keys: 'Alt+4' },
  'tab.5': { group: 'terminal', keys: 'Alt+5' },
  'tab.6': { group: 'terminal', keys: 'Alt+6' },
  'tab.7': { group: 'terminal', keys: 'Alt+7' },
  'tab.8': { group: 'terminal', keys: 'Alt+8' },
  'tab.9': { group: 'terminal', keys: 'Alt+9' },
  'pane.split-right': { group: 'pane', keys: 'CmdOrCtrl+Shift+D' },
  'pane.split-down': { group: 'pane', keys: 'CmdOrCtrl+Alt+Shift+D' },
  'pane.split-other-vm': { group: 'pane', keys: null },
  'pane.to-tab': { group: 'pane', keys: null },
  'pane.focus-left': { group: 'pane', keys: 'Alt+Shift+ArrowLeft' },
  'pane.focus-right': { group: 'pane', keys: 'Alt+Shift+ArrowRight' },
  'pane.focus-up': { group: 'pane', keys: 'Alt+Shift+ArrowUp' },
  'pane.focus-down': { group: 'pane', keys: 'Alt+Shift+ArrowDown' },
  'pane.wider': { group: 'pane', keys: 'CmdOrCtrl+Alt+Shift+ArrowRight' },
  'pane.narrower': { group: 'pane', keys: 'CmdOrCtrl+Alt+Shift+ArrowLeft' },
  'pane.taller': { group: 'pane', keys: 'CmdOrCtrl+Alt+Shift+ArrowDown' },
  'pane.shorter': { group: 'pane', keys: 'CmdOrCtrl+Alt+Shift+ArrowUp' },
  'pane.equalise': { group: 'pane', keys: null },
  'pane.zoom': { group: 'pane', keys: 'CmdOrCtrl+Shift+Enter' },
  'view.snapshots': { group: 'view', keys: null },
  'view.network': { group: 'view', keys: null },
  'view.files': { group: 'view', keys: 'CmdOrCtrl+Shift+B' },
  'view.screen': { group: 'view', keys: null },
  'screen.save': { group: 'view', keys: null },
  'screen.ctrl-alt-delete': { group: 'view', keys: null },
  'screen.lock-mouse': { group: 'view', keys: null },
  'screen.whole': { group: 'view', keys: null },
  'file.import': { group: 'file', keys: null },
  'file.import-folders': { group: 'file', keys: null },
  'view.zoom-in': { group: 'view', keys: null },
  'view.zoom-out': { group: 'view', keys: null },
  'view.zoom-reset': { group: 'view', keys: null },
  'app.palette': { group: 'app', keys: 'CmdOrCtrl+Shift+P' },
  'app.settings': { group: 'app', keys: 'CmdOrCtrl+Comma' },
  'app.help': { group: 'app', keys: 'F1' },
  'library.verify': { group: 'app', keys: null },
  'library.clean': { group: 'app', keys: null },
  'app.diagnostics': { group: 'app', keys: null },
  'app.about': { group: 'app', keys: null },
} as const satisfies Readonly<Record<string, CommandInfo>>;

export type CommandId = keyof typeof COMMANDS;
export const COMMAND_IDS = Object.keys(COMMANDS) as CommandId[];

export function isCommandId(text: string): text is CommandId {
  return Object.hasOwn(COMMANDS, text);
}
