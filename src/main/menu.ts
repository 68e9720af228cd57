import type { MenuItemConstructorOptions } from 'electron';
import { keysOf, type KeyOverrides } from '../shared/model/command-keys.ts';
import { COMMAND_IDS, COMMANDS, type CommandGroup, type CommandId } from '../shared/model/commands.ts';
import { acceleratorOf } from '../shared/model/keys.ts';
import type { TextKey, Translate } from '../shared/text/translator.ts';

export interface MenuParts {
  readonly t: Translate;
  readonly isMac: boolean;
  readonly keys: KeyOverrides;
  isEnabled(id: CommandId): boolean;
  run(id: CommandId): void;
}

/** Answers to a question are of use only while it is asked; the question itself has buttons for them. */
const NOT_IN_MENU: ReadonlySet<CommandId> = new Set([
  'terminal.clipboard-once',
  'terminal.clipboard-always',
  'terminal.clipboard-deny',
]);

/** Those with a line above them. */
const STARTS_SECTION: ReadonlySet<CommandId> = new Set([
  'vm.launch',
  'vm.duplicate',
  'vm.next',
  'library.verify',
  'terminal.zoom-in',
  'view.zoom-in',
  'app.diagnostics',
  'app.about',
]);

/** The app's menu, made of the commands. The page does what they stand for, and listens to the keys itself. */
export function appMenu(parts: MenuParts): MenuItemConstructorOptions[] {
  const { t, isMac } = parts;
  const these = (...ids: readonly CommandId[]) => commandItems(parts, ids);
  const group = (...groups: readonly CommandGroup[]) =>
    commandItems(
      parts,
      COMMAND_IDS.filter((id) => groups.includes(COMMANDS[id].group)),
    );
  const files = group('file');
  return [
    ...(isMac ? [{ role: 'appMenu' as const }] : []),
    {
      label: t('menu.machine'),
      submenu: [
        ...group('vm'),
        { type: 'separator' },
        ...these('app.settings'),
        { role: 'quit', label: t('menu.quit') },
      ],
    },
    { label: t('menu.snapshot'), submenu: [...group('snapshot'), ...these('library.verify', 'library.clean')] },
    {
      label: t('menu.edit'),
      submenu: [
        { role: 'undo', label: t('menu.undo') },
        { role: 'redo', label: t('menu.redo') },
        { type: 'separator' },
        { role: 'cut', label: t('menu.cut') },
        { role: 'copy', label: t('menu.copy') },
        { role: 'paste', label: t('menu.paste') },
        { role: 'selectAll', label: t('menu.select-all') },
      ],
    },
    { label: t('menu.terminal'), submenu: group('terminal', 'pane') },
    ...(files.length > 0 ? [{ label: t('menu.files'), submenu: files }] : []),
    {
      label: t('menu.view'),
      submenu: [
        ...these('app.palette'),
        ...group('view'),
        { type: 'separator' },
        { role: 'togglefullscreen', label: t('menu.full-screen') },
        { role: 'toggleDevTools', label: t('menu.developer-tools') },
      ],
    },
    { label: t('menu.help'), role: 'help', submenu: these('app.help', 'app.diagnostics', 'app.about') },
  ];
}

function commandItems(parts: MenuParts, ids: readonly CommandId[]): MenuItemConstructorOptions[] {
  return ids
    .filter((id) => !NOT_IN_MENU.has(id))
    .flatMap((id, index) => {
      const keys = keysOf(id, parts.keys);
      const accelerator = keys === null ? null : acceleratorOf(keys);
      const item: MenuItemConstructorOptions = {
        id,
        // An ampersand would mark the letter behind it.
        label: parts.t(`command.${id}` as TextKey).replaceAll('&', '&&'),
        enabled: parts.isEnabled(id),
        click: () => parts.run(id),
        // Shown only: in a terminal some keys are the guest's, which only the page can tell.
        ...(accelerator === null ? {} : { accelerator, registerAccelerator: false }),
      };
      return index > 0 && STARTS_SECTION.has(id) ? [{ type: 'separator' as const }, item] : [item];
    });
}
