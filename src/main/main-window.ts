import { BrowserWindow, nativeTheme, screen } from 'electron';
import { APP_ORIGIN } from './app-protocol.ts';
import type { AppPlaces } from './places.ts';
import type { SettingsStore, WindowState } from './settings-store.ts';

/** Creates the app's one window where it was last, or centred when that place is gone. */
export function createMainWindow(places: AppPlaces, settings: SettingsStore): BrowserWindow {
  const state = onScreen(settings.getWindow());
  const window = new BrowserWindow({
    ...(state.x !== undefined && state.y !== undefined ? { x: state.x, y: state.y } : {}),
    width: state.width,
    height: state.height,
    minWidth: 720,
    minHeight: 480,
    show: false,
    title: 'Terrarium',
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
  void window.loadURL(`${APP_ORIGIN}/index.html`);
  return window;
}

/** The saved place, without its corner when no display shows that any more. */
function onScreen(state: WindowState): WindowState {
  const { x, y, width, height, maximized } = state;
  if (x === undefined || y === undefined) return state;
  const visible = screen.getAllDisplays().some(({ workArea }) => {
    return (
      x < workArea.x + workArea.width - 80 &&
      x + width > workArea.x + 80 &&
      y >= workArea.y - 10 &&
      y < workArea.y + workArea.height - 40
    );
  });
  return visible ? state : { width, height, maximized };
}
