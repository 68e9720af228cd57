import path from 'node:path';
import { BrowserWindow, nativeTheme, screen } from 'electron';
import { APP_ORIGIN } from './app-protocol.ts';
import type { AppPlaces } from './places.ts';
import type { SettingsStore } from './settings-store.ts';
import { placeWindow } from './window-place.ts';

/** Creates the app's one window where it was last, or centred when that place is gone. */
export function createMainWindow(places: AppPlaces, settings: SettingsStore): BrowserWindow {
  const displays = [screen.getPrimaryDisplay(), ...screen.getAllDisplays()];
  const state = placeWindow(
    settings.getWindow(),
    displays.map(({ workArea }) => workArea),
  );
  const window = new BrowserWindow({
    ...(state.x !== undefined && state.y !== undefined ? { x: state.x, y: state.y } : {}),
    width: state.width,
    height: state.height,
    minWidth: 720,
    minHeight: 480,
    show: false,
    title: 'Terrarium',
    icon: path.join(places.resourcesFolder, 'icons', 'app.png'),
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#10150f' : '#f6f7f4',
    webPreferences: {
      preload: places.preload,
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      webviewTag: false,
      // VMs go on while the window is hidden.
      backgroundThrottling: false,
      spellcheck: false,
    },
  });
  if (state.maximized) window.maximize();
  window.once('ready-to-show', () => window.show());
  const remember = (): void => {
    if (window.isDestroyed() || window.isMinimized()) return;
    try {
      settings.setWindow({ ...window.getNormalBounds(), maximized: window.isMaximized() });
    } catch (cause) {
      // The window's place is the least of it: closing must go on to suspend the VMs.
      console.warn('The window state was not saved:', cause);
    }
  };
  window.on('close', remember);
  // Every component of the page, for whoever works on it.
  const view = process.argv.includes('--design') ? '#design' : '';
  void window.loadURL(`${APP_ORIGIN}/index.html${view}`);
  return window;
}
