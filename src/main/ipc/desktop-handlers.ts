import { parseVmId } from '../../shared/model/ids.ts';
import { unwrap } from '../../shared/result.ts';
import type { AppMenu } from '../app-menu.ts';
import type { DeepLinks } from '../deep-links.ts';
import type { Notifications } from '../notifications.ts';
import type { PageEvents } from '../page-events.ts';
import type { SettingsStore } from '../settings-store.ts';
import type { AppTray } from '../tray.ts';
import type { CallHandlers } from './register.ts';

/** What the app is on a desktop besides its window. */
export interface Desktop {
  readonly menu: Pick<AppMenu, 'setEnabled'>;
  readonly tray: Pick<AppTray, 'setRunning'>;
  readonly notifications: Pick<Notifications, 'show'>;
  readonly links: Pick<DeepLinks, 'take'>;
  /** A value below 0 takes the progress away. */
  setProgress(fraction: number): void;
}

export interface DesktopHandlerDependencies {
  readonly desktop: Desktop;
  readonly settings: Pick<SettingsStore, 'get' | 'set'>;
  readonly events: Pick<PageEvents, 'send'>;
}

type DesktopCalls = Pick<
  CallHandlers,
  | 'settings.get'
  | 'settings.set'
  | 'menu.setEnabled'
  | 'tray.setRunning'
  | 'window.setProgress'
  | 'notification.show'
  | 'link.take'
>;

/** What the calls about settings, menu, tray, taskbar, notifications and links do. */
export function desktopHandlers({ desktop, settings, events }: DesktopHandlerDependencies): DesktopCalls {
  return {
    'settings.get': () => settings.get(),
    'settings.set': (patch) => {
      const updated = settings.set(patch);
      events.send('settings.changed', updated);
      return updated;
    },
    'menu.setEnabled': ({ commands }) => desktop.menu.setEnabled(commands),
    'tray.setRunning': ({ vms }) =>
      desktop.tray.setRunning(vms.map(({ vmId, name }) => ({ vmId: unwrap(parseVmId(vmId)), name }))),
    'window.setProgress': ({ fraction }) => desktop.setProgress(fraction ?? -1),
    'notification.show': (text) => desktop.notifications.show(text),
    'link.take': () => desktop.links.take(),
  };
}
