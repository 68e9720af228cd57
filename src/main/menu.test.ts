import type { MenuItemConstructorOptions } from 'electron';
import { describe, expect, it, vi } from 'vitest';
import { COMMAND_IDS } from '../shared/model/commands.ts';
import { translator } from '../shared/text/translator.ts';
import { appMenu, type MenuParts } from './menu.ts';

const parts = (given: Partial<MenuParts> = {}): MenuParts => ({
  t: translator('en'),
  isMac: false,
  keys: {},
  isEnabled: () => true,
  run: () => undefined,
  ...given,
});
const items = (menu: readonly MenuItemConstructorOptions[]): MenuItemConstructorOptions[] =>
  menu.flatMap((top) => (Array.isArray(top.submenu) ? top.submenu : []));
const item = (given: MenuParts, id: string): MenuItemConstructorOptions | undefined =>
  items(appMenu(given)).find((one) => one.id === id);

describe('the menu', () => {
  it('has every command once, but the answers to a question', () => {
    const ids = items(appMenu(parts())).flatMap(({ id }) => id ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    expect(COMMAND_IDS.filter((id) => !ids.includes(id))).toEqual([
      'terminal.clipboard-once',
      'terminal.clipboard-always',
      'terminal.clipboard-deny',
    ]);
  });

  it('shows the keys as they are now and leaves them to the page', () => {
    expect(item(parts(), 'app.palette')).toMatchObject({
      accelerator: 'CmdOrCtrl+Shift+P',
      registerAccelerator: false,
    });
    expect(item(parts({ keys: { 'app.palette': null } }), 'app.palette')).not.toHaveProperty('accelerator');
  });

  it('is in the person’s language', () => {
    expect(item(parts({ t: translator('zh') }), 'vm.new')?.label).toBe('新建虚拟机…');
  });

  it('runs commands, and greys those that cannot be done', () => {
    const run = vi.fn();
    const given = parts({ run, isEnabled: (id) => id !== 'vm.delete' });
    expect(item(given, 'vm.delete')?.enabled).toBe(false);
    (item(given, 'vm.new')?.click as (() => void) | undefined)?.();
    expect(run).toHaveBeenCalledWith('vm.new');
  });

  it('begins and ends no menu with a line', () => {
    for (const { submenu } of appMenu(parts())) {
      if (!Array.isArray(submenu)) continue;
      expect(submenu.at(0)?.type).not.toBe('separator');
      expect(submenu.at(-1)?.type).not.toBe('separator');
    }
  });
});
