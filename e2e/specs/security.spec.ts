import path from 'node:path';
import { expect, test } from '../fixtures/test.ts';

/** One assertion for each protection of the page; a failing line names the one that is gone. */
test.describe('the page is locked down', () => {
  test.setTimeout(60_000);

  test('it has no Node, no Electron and only the bridge', async ({ home, launch }) => {
    const { page } = await launch(home);
    const found = await page.evaluate(() => ({
      require: typeof (globalThis as { require?: unknown }).require,
      process: typeof (globalThis as { process?: unknown }).process,
      module: typeof (globalThis as { module?: unknown }).module,
      bridge: Object.keys((globalThis as { terrarium?: object }).terrarium ?? {}).sort(),
    }));
    expect(found).toEqual({
      require: 'undefined',
      process: 'undefined',
      module: 'undefined',
      bridge: ['call', 'dropFiles', 'on'],
    });
  });

  test('its window is sandboxed and isolated', async ({ home, launch }) => {
    const { electron } = await launch(home);
    const preferences = await electron.evaluate(({ BrowserWindow }) => {
      const contents = BrowserWindow.getAllWindows()[0]?.webContents as unknown as {
        getLastWebPreferences(): Record<string, unknown>;
      };
      const all = contents.getLastWebPreferences();
      const names = ['contextIsolation', 'sandbox', 'nodeIntegration', 'nodeIntegrationInWorker', 'webSecurity'];
      return Object.fromEntries(
        [...names, 'webviewTag', 'allowRunningInsecureContent'].map((name) => [name, all[name]]),
      );
    });
    expect(preferences).toMatchObject({
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webSecurity: true,
    });
    expect(preferences['nodeIntegrationInWorker']).not.toBe(true);
    expect(preferences['webviewTag']).not.toBe(true);
    expect(preferences['allowRunningInsecureContent']).not.toBe(true);
  });

  test('it comes from its own protocol with a strict policy', async ({ home, launch }) => {
    const { page } = await launch(home);
    expect(page.url()).toMatch(/^terrarium:\/\/app\//);
    const policy = await page.evaluate(async () => (await fetch('/index.html')).headers.get('content-security-policy'));
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval'");
    expect(policy).not.toContain("'unsafe-eval'");
    expect(policy).not.toMatch(/script-src[^;]*'unsafe-inline'/);
    expect(policy).not.toMatch(/(script|worker|connect)-src[^;]*(blob:|data:|https?:|\*)/);
  });

  test('the policy holds: no eval, no inline script, no connection', async ({ home, launch }) => {
    const { page } = await launch(home);
    const outcome = await page.evaluate(async () => {
      const violated = (directive: string): Promise<string> =>
        new Promise((resolve) => {
          document.addEventListener('securitypolicyviolation', (event) => {
            if (event.effectiveDirective === directive) resolve(directive);
          });
        });
      const violations = Promise.all([violated('script-src-elem'), violated('connect-src')]);
      // Later, in a task of the page's own: what the debugger evaluates is exempt from the policy.
      const evaluated = await new Promise<boolean>((resolve) => {
        setTimeout(() => {
          try {
            resolve((0, eval)('true') as boolean);
          } catch {
            resolve(false);
          }
        });
      });
      const script = document.createElement('script');
      script.textContent = 'globalThis.inlineRan = true';
      document.body.append(script);
      const fetched = await fetch('http://127.0.0.1:9/').then(
        () => true,
        () => false,
      );
      return { evaluated, inline: 'inlineRan' in globalThis, fetched, violations: await violations };
    });
    const violations = ['script-src-elem', 'connect-src'];
    expect(outcome).toEqual({ evaluated: false, inline: false, fetched: false, violations });
  });

  test('only its own files are served', async ({ home, launch }) => {
    const { page } = await launch(home);
    const statuses = await page.evaluate(async () => {
      const paths = ['/../../../package.json', '/%2e%2e/%2e%2e/package.json', '/..%2f..%2fpackage.json', '/missing.js'];
      return Promise.all(paths.map(async (path) => (await fetch(path)).status));
    });
    expect(statuses).toEqual([404, 404, 404, 404]);
  });

  test('navigation, new windows and permissions are denied', async ({ home, launch }) => {
    const { page, electron } = await launch(home);
    const opened = await page.evaluate(() => globalThis.open('https://example.com/') !== null);
    expect(opened).toBe(false);
    expect(await electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1);
    const permissions = await page.evaluate(async () => ({
      notifications: await Notification.requestPermission(),
      geolocation: (await navigator.permissions.query({ name: 'geolocation' })).state,
    }));
    expect(permissions).toEqual({ notifications: 'denied', geolocation: 'denied' });
    // Last, because Playwright waits for a navigation that never comes.
    const after = electron.evaluate(({ BrowserWindow }) => {
      const contents = BrowserWindow.getAllWindows()[0]!.webContents;
      return new Promise((resolve) => {
        contents.once('will-frame-navigate', (event) => {
          setImmediate(() => resolve({ denied: event.defaultPrevented, url: contents.getURL() }));
        });
      });
    });
    await page.evaluate(() => {
      setTimeout(() => (globalThis.location.href = 'https://example.com/'));
    });
    expect(await after).toEqual({ denied: true, url: 'terrarium://app/index.html' });
  });

  test('main refuses calls that are not in the contract or not from the page', async ({ home, launch }) => {
    const { page, electron } = await launch(home);
    const unknown = await page.evaluate(async () => {
      const bridge = (globalThis as unknown as { terrarium: { call(name: string, args: unknown): Promise<unknown> } })
        .terrarium;
      const attempt = (name: string, args: unknown): Promise<string> =>
        bridge.call(name, args).then(
          (result) => JSON.stringify(result),
          (cause: unknown) => String(cause),
        );
      return {
        made: await attempt('fs.readFile', '/etc/passwd'),
        paths: await attempt('file.dropped', ['/etc/passwd']),
        types: await attempt('vm.create', { name: 1, imageId: '../..', memoryMib: 'x' }),
      };
    });
    expect(unknown.made).toContain('unknown call');
    expect(unknown.paths).toContain('unknown call');
    expect(unknown.types).toContain('was not understood');

    // A page of another origin in the same process gets nothing, even with the preload in it.
    const preloadPath = path.resolve(import.meta.dirname, '../../out/preload/index.cjs');
    const answer = await electron.evaluate(async ({ BrowserWindow }, preload) => {
      const stranger = new BrowserWindow({ show: false, webPreferences: { preload, sandbox: true } });
      try {
        await stranger.loadURL('data:text/html,<title>stranger</title>');
        return (await stranger.webContents.executeJavaScript(
          `typeof terrarium === 'undefined' ? 'no bridge' : terrarium.call('library.get', undefined).then((r) => JSON.stringify(r))`,
        )) as string;
      } finally {
        stranger.destroy();
      }
    }, preloadPath);
    expect(answer).toContain('refused');
  });
});
