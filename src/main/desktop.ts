import path from 'node:path';
import { app, type BrowserWindow } from 'electron';
import type { Settings } from '../shared/model/settings.ts';
import { languageOf, translator } from '../shared/text/translator.ts';
import { AppMenu } from './app-menu.ts';
import { DeepLinks } from './deep-links.ts';
import type { Desktop } from './ipc/desktop-handlers.ts';
import { Notifications } from './notifications.ts';
import type { PageEvents } from './page-events.ts';
import type { SettingsStore } from './settings-store.ts';
import { AppTray } from './tray.ts';

export interface DesktopParts {
  readonly settings: SettingsStore;
  readonly events: PageEvents;
  readonly resourcesFolder: string;
  readonly window: () => BrowserWindow | null;
}

/** Everything of the app on the desktop that is not in its window, in the person's language. */
export class AppDesktop implements Desktop {
  readonly menu: AppMenu;
  readonly tray: AppTray;
  readonly notifications: Notifications;
  readonly links: DeepLinks;
  /** Quitting was asked for, so closing the window means that. */
  private isQuitting = false;
  private readonly parts: DesktopParts;

  constructor(parts: DesktopParts) {
    const { settings, events } = parts;
    this.parts = parts;
    this.menu = new AppMenu((id) => {
      this.showWindow();
      events.send('command.run', { id });
    });
    this.tray = new AppTray({
      icon: path.join(parts.resourcesFolder, 'icons', 'tray.png'),
      t: () => translator(language(settings.get())),
      show: () => this.showWindow(),
      showVm: (vmId) => {
        this.showWindow();
        events.send('vm.show', { vmId });
      },
      quit: () => app.quit(),
    });
    this.notifications = new Notifications(
      () => performance.now(),
      (token) => {
        this.showWindow();
        events.send('notification.clicked', { token });
      },
    );
    this.links = new DeepLinks(() => {
      this.showWindow();
      events.send('link.waiting', null);
    });
    this.follow(settings.get());
    settings.onChange((changed) => this.follow(changed));
    app.on('before-quit', () => {
      this.isQuitting = true;
      // A VM that cannot be suspended is said in the window.
      if (parts.window()?.isVisible() === false) this.showWindow();
    });
  }

  setProgress(fraction: number): void {
    this.parts.window()?.setProgressBar(fraction);
  }

  /** The person chose to stay after all. */
  quittingCancelled(): void {
    this.isQuitting = false;
  }

  /** Before anyone else hears of the window's closing. */
  watch(window: BrowserWindow): void {
    window.on('close', (event) => {
      if (this.isQuitting || !this.parts.settings.get().closesToTray) return;
      event.preventDefault();
      window.hide();
    });
    // A page that is loaded anew has Chromium's own zoom.
    window.webContents.on('dom-ready', () => this.zoom(this.parts.settings.get()));
  }

  showWindow(): void {
    const window = this.parts.window();
    if (window === null) return;
    if (window.isMinimized()) window.restore();
    window.show();
    window.focus();
  }

  private follow(settings: Settings): void {
    this.menu.show(settings, translator(language(settings)));
    this.tray.follow(settings.closesToTray);
    this.zoom(settings);
  }

  private zoom({ zoomPercent }: Settings): void {
    this.parts.window()?.webContents.setZoomFactor(zoomPercent / 100);
  }
}

function language({ language }: Settings) {
  return language === 'system' ? languageOf(app.getLocale()) : language;
}
