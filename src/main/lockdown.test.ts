import { EventEmitter } from 'node:events';
import type { App, Session } from 'electron';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { APP_ORIGIN } from './app-protocol.ts';
import { denyPermissions, isAppUrl, lockDown } from './lockdown.ts';

const FOREIGN = [
  'https://example.org/',
  'file:///etc/passwd',
  'terrarium://app.evil/',
  'terrarium://application',
  'terrarium://other/',
  'about:blank',
  'data:text/html,x',
  'javascript:1',
  '',
  'TERRARIUM://APP2/',
];

describe('isAppUrl', () => {
  it.each([APP_ORIGIN, `${APP_ORIGIN}/`, `${APP_ORIGIN}/index.html#x`])('knows %s', (url) =>
    expect(isAppUrl(url)).toBe(true),
  );
  it.each(FOREIGN)('refuses %j', (url) => expect(isAppUrl(url)).toBe(false));

  it('is true only for addresses whose scheme and host are the app’s', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.webUrl(),
          fc.string().map((rest) => APP_ORIGIN + rest),
        ),
        (url) => {
          if (!isAppUrl(url) || !URL.canParse(url)) return;
          const { protocol, host } = new URL(url);
          expect(`${protocol}//${host}`).toBe(APP_ORIGIN);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('lockDown', () => {
  function createdPage(): { page: EventEmitter; openWindow: () => { action: string } } {
    const app = Object.assign(new EventEmitter(), { commandLine: { appendSwitch: () => undefined } });
    lockDown(app as unknown as App);
    let openWindow: () => { action: string } = () => ({ action: 'allow' });
    const page = Object.assign(new EventEmitter(), {
      setWindowOpenHandler: (handler: typeof openWindow) => {
        openWindow = handler;
      },
    });
    app.emit('web-contents-created', {}, page);
    return { page, openWindow: () => openWindow() };
  }

  it.each(['will-navigate', 'will-redirect', 'will-frame-navigate'])('stops %s to anywhere but the app', (name) => {
    const { page } = createdPage();
    const isStopped = (url: string): boolean => {
      let stopped = false;
      page.emit(name, { url, preventDefault: () => (stopped = true) });
      return stopped;
    };
    for (const url of FOREIGN) expect(isStopped(url), url).toBe(true);
    expect(isStopped(`${APP_ORIGIN}/index.html`)).toBe(false);
  });

  it('opens no windows and no webviews', () => {
    const { page, openWindow } = createdPage();
    expect(openWindow()).toEqual({ action: 'deny' });
    let stopped = false;
    page.emit('will-attach-webview', { preventDefault: () => (stopped = true) });
    expect(stopped).toBe(true);
  });
});

describe('denyPermissions', () => {
  type Request = (contents: { getURL: () => string }, permission: string, decide: (granted: boolean) => void) => void;
  type Check = (contents: unknown, permission: string, origin: string) => boolean;
  let request: Request = () => undefined;
  let check: Check = () => true;
  let device: () => boolean = () => true;
  denyPermissions({
    setPermissionRequestHandler: (handler: Request) => (request = handler),
    setPermissionCheckHandler: (handler: Check) => (check = handler),
    setDevicePermissionHandler: (handler: () => boolean) => (device = handler),
  } as unknown as Session);
  const asked = (permission: string, url: string): boolean => {
    let granted = true;
    request({ getURL: () => url }, permission, (decision) => (granted = decision));
    return granted;
  };

  it.each([
    'media',
    'geolocation',
    'notifications',
    'midi',
    'usb',
    'clipboard-read',
    'fullscreen',
    'openExternal',
    'fileSystem',
  ])('denies %s', (permission) => {
    expect(asked(permission, `${APP_ORIGIN}/`)).toBe(false);
    expect(check(null, permission, APP_ORIGIN)).toBe(false);
    expect(device()).toBe(false);
  });

  it.each(['clipboard-sanitized-write', 'pointerLock'])(
    'lets the app itself have %s, and no other page',
    (permission) => {
      expect(asked(permission, `${APP_ORIGIN}/index.html`)).toBe(true);
      expect(check(null, permission, APP_ORIGIN)).toBe(true);
      expect(asked(permission, 'https://example.org/')).toBe(false);
      expect(check(null, permission, 'https://example.org')).toBe(false);
    },
  );
});
