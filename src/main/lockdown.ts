import type { App, Session, WebContents } from 'electron';
import { APP_ORIGIN } from './app-protocol.ts';

/** Chromium keeps a database of it for advertisers, and opens it some minutes after the start. */
const NO_SHARED_STORAGE = 'SharedStorageAPI';

/** Denies what no part of the app needs, for every page that could ever appear in it. To be called before the app is ready. */
export function lockDown(app: App): void {
  app.commandLine.appendSwitch('disable-features', NO_SHARED_STORAGE);
  app.on('web-contents-created', (_event, contents) => {
    denyNavigation(contents);
    contents.setWindowOpenHandler(() => ({ action: 'deny' }));
    contents.on('will-attach-webview', (event) => event.preventDefault());
  });
}

function denyNavigation(contents: WebContents): void {
  for (const name of ['will-navigate', 'will-redirect', 'will-frame-navigate'] as const) {
    // The three events share the members used here; their listeners' types do not.
    contents.on(name as 'will-navigate', (event) => {
      if (!isAppUrl(event.url)) event.preventDefault();
    });
  }
}

/**
 * Camera, notifications, USB and the rest: the app asks for none, so none is granted. Writing to the clipboard is, and keeping
 * the pointer on a VM's display, which Chromium gives only after a press and Escape always ends.
 */
export function denyPermissions(session: Session): void {
  const allowed = new Set(['clipboard-sanitized-write', 'pointerLock']);
  session.setPermissionRequestHandler((contents, permission, decide) => {
    decide(allowed.has(permission) && isAppUrl(contents.getURL()));
  });
  session.setPermissionCheckHandler((_contents, permission, origin) => allowed.has(permission) && isAppUrl(origin));
  session.setDevicePermissionHandler(() => false);
}

/** True for the app's own pages only. */
export function isAppUrl(url: string): boolean {
  return url === APP_ORIGIN || url.startsWith(`${APP_ORIGIN}/`);
}
