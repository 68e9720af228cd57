import { Menu, type MenuItemConstructorOptions } from 'electron';
import type { PageEvents } from './page-events.ts';

/** The app's menu. Items of the page's own actions send `menu.action`; the page knows what they mean. */
export function appMenu(events: PageEvents): Menu {
  const action = (label: string, name: string, accelerator?: string): MenuItemConstructorOptions => ({
    label,
    ...(accelerator === undefined ? {} : { accelerator }),
    click: () => events.send('menu.action', { action: name }),
  });
  return Menu.buildFromTemplate([
    ...(process.platform === 'darwin' ? [{ role: 'appMenu' as const }] : []),
    {
      label: '&Machine',
      submenu: [
        action('New VM…', 'vm.new', 'CmdOrCtrl+Shift+N'),
        action('Take Snapshot…', 'vm.snapshot', 'CmdOrCtrl+Shift+S'),
        { type: 'separator' },
        { role: 'quit' },
      ],
    },
    { role: 'editMenu' },
    {
      label: '&View',
      submenu: [
        action('Larger Terminal Text', 'terminal.larger'),
        action('Smaller Terminal Text', 'terminal.smaller'),
        { type: 'separator' },
        { role: 'togglefullscreen' },
        { role: 'toggleDevTools' },
      ],
    },
  ]);
}
