import type { MenuItemConstructorOptions } from 'electron';
import type { MenuAction } from '../shared/ipc/contract.ts';
import type { PageEvents } from './page-events.ts';

/** The app's menu. Items of the page's own actions send `menu.action`; the page knows what they mean. */
export function appMenu(events: PageEvents): MenuItemConstructorOptions[] {
  const action = (label: string, name: MenuAction, accelerator?: string): MenuItemConstructorOptions => ({
    label,
    ...(accelerator === undefined ? {} : { accelerator }),
    click: () => events.send('menu.action', { action: name }),
  });
  return [
    ...(process.platform === 'darwin' ? [{ role: 'appMenu' as const }] : []),
    {
      label: '&Machine',
      submenu: [
        action('New VM…', 'new-vm', 'CmdOrCtrl+Shift+N'),
        action('Take Snapshot…', 'take-snapshot', 'CmdOrCtrl+Shift+S'),
        { type: 'separator' },
        action('About Terrarium', 'about'),
        { role: 'quit' },
      ],
    },
    { role: 'editMenu' },
    {
      label: '&View',
      submenu: [
        action('Snapshots Panel', 'toggle-snapshots'),
        action('Network Panel', 'toggle-network'),
        action('Find in Terminal', 'find'),
        { type: 'separator' },
        action('Larger Terminal Text', 'zoom-in'),
        action('Smaller Terminal Text', 'zoom-out'),
        action('Normal Terminal Text', 'zoom-reset'),
        { type: 'separator' },
        { role: 'togglefullscreen' },
        { role: 'toggleDevTools' },
      ],
    },
  ];
}
