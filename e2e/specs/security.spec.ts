import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { packageApp } from '../../scripts/package/package-app.ts';
import { readFuses } from '../../scripts/package/fuses.ts';
import { STOCK_ELECTRON_VERSION } from '../../src/cli/doctor/electron-present.ts';
import { evaluateInPage } from '../fixtures/debugged-page.ts';
import { freePort } from '../fixtures/host-server.ts';
import { expect, test } from '../fixtures/test.ts';
import {
  addressesOfALoad,
  attachesWebViews,
  grantedPermissions,
  openedOutside,
  webPreferences,
} from '../pages/security-checklist.ts';

const PROJECT = path.resolve(import.meta.dirname, '../..');

/** The twenty items of electronjs.org/docs/latest/tutorial/security, in their order and by their numbers. */
test('Electron’s security checklist', async ({ home, launch }) => {
  test.setTimeout(120_000);
  const app = await launch(home);
  const { page, electron } = app;
  const preferences = await webPreferences(app);
  const addresses = await addressesOfALoad(app);
  const policy = await page.evaluate(
    async () => (await fetch('/index.html')).headers.get('content-security-policy') ?? '',
  );

  await test.step('1. only secure content is loaded', () => {
    expect(addresses).toContain('terrarium://app/index.html');
    expect(addresses.filter((url) => !/^(terrarium:\/\/app\/|data:|blob:terrarium:)/.test(url))).toEqual([]);
  });
  await test.step('2. no Node.js in the page, its frames or its workers', async () => {
    expect(preferences['nodeIntegration']).toBe(false);
    expect(preferences['nodeIntegrationInWorker']).not.toBe(true);
    expect(preferences['nodeIntegrationInSubFrames']).not.toBe(true);
    // Libraries leave a `process` of their own behind; Node's has versions.
    const reach = (): string[] => [
      ...['require', 'module', 'Buffer'].filter((name) => name in globalThis),
      ...((globalThis as { process?: { versions?: object } }).process?.versions === undefined ? [] : ['process']),
    ];
    expect(await page.evaluate(reach)).toEqual([]);
    await expect.poll(() => page.workers().length).toBeGreaterThan(0);
    for (const worker of page.workers()) expect(await worker.evaluate(reach)).toEqual([]);
  });
  await test.step('3. context isolation', async () => {
    expect(preferences['contextIsolation']).toBe(true);
    // A function of the preload's world would give that world's globals away.
    const world = await page.evaluate(() => {
      const { terrarium } = globalThis as unknown as {
        terrarium: { call: { constructor: (code: string) => () => string } };
      };
      try {
        return terrarium.call.constructor('return typeof process + typeof require')();
      } catch {
        return 'refused';
      }
    });
    expect(['refused', 'undefinedundefined']).toContain(world);
  });
  await test.step('4. the page’s process is sandboxed', () => {
    expect(preferences['sandbox']).toBe(true);
  });
  await test.step('5. permissions are refused', async () => {
    expect(await grantedPermissions(app)).toEqual([]);
    expect(await page.evaluate(() => Notification.requestPermission())).toBe('denied');
  });
  await test.step('6. webSecurity is on', () => {
    expect(preferences['webSecurity']).toBe(true);
  });
  await test.step('7. a content security policy', () => {
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval'");
    expect(policy).not.toMatch(/script-src[^;]*'unsafe-(inline|eval)'/);
    expect(policy).not.toMatch(/(script|worker|connect|default)-src[^;]*(blob:|data:|https?:|\*)/);
  });
  await test.step('8. no insecure content in secure pages', () => {
    expect(preferences['allowRunningInsecureContent']).not.toBe(true);
  });
  await test.step('9. no experimental features', () => {
    expect(preferences['experimentalFeatures']).not.toBe(true);
  });
  await test.step('10. no Blink features by name', () => {
    expect(preferences['enableBlinkFeatures'] ?? '').toBe('');
  });
  await test.step('11. no web views, so none that opens windows', async () => {
    expect(preferences['webviewTag']).not.toBe(true);
    expect(await page.locator('webview').count()).toBe(0);
  });
  await test.step('12. a web view would not be attached', async () => {
    expect(await attachesWebViews(app)).toBe(false);
  });
  await test.step('13. navigation is limited to the app', async () => {
    const url = page.url();
    await page.evaluate(() => {
      const link = Object.assign(document.createElement('a'), { href: 'terrarium://other/index.html' });
      link.click();
    });
    expect(await electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.webContents.getURL())).toBe(
      url,
    );
  });
  await test.step('14. no new windows', async () => {
    expect(await page.evaluate(() => globalThis.open('terrarium://app/index.html') !== null)).toBe(false);
    expect(await electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1);
  });
  await test.step('15. nothing is opened outside unasked, and only web addresses at all', async () => {
    const bad = ['file:///etc/passwd', 'javascript:alert(1)', 'smb://host/share', 'ms-msdt:/id', '/usr/bin/xterm', ''];
    expect(await openedOutside(app, bad)).toEqual({ opened: [], questions: 0 });
    expect(await openedOutside(app, ['https://example.com/'])).toEqual({ opened: [], questions: 1 });
  });
  await test.step('16. a current Electron', async () => {
    const running = await electron.evaluate(() => process.versions.electron);
    const manifest = JSON.parse(await readFile(path.join(PROJECT, 'package.json'), 'utf8')) as {
      devDependencies: Record<string, string>;
    };
    const wanted = /\d+/.exec(manifest.devDependencies['electron'] ?? '')?.[0];
    // Where Electron cannot be downloaded, tests run on the stock one; what ships is the dependency.
    expect([wanted, STOCK_ELECTRON_VERSION.split('.')[0]]).toContain(running.split('.')[0]);
  });
  await test.step('17. the sender of every call is checked', async () => {
    const answer = await electron.evaluate(
      async ({ BrowserWindow }, preload) => {
        const stranger = new BrowserWindow({ show: false, webPreferences: { preload, sandbox: true } });
        try {
          await stranger.loadURL('data:text/html,<title>stranger</title>');
          return (await stranger.webContents.executeJavaScript(
            `terrarium.call('library.get', undefined).then((r) => JSON.stringify(r))`,
          )) as string;
        } finally {
          stranger.destroy();
        }
      },
      path.join(PROJECT, 'out/preload/index.cjs'),
    );
    expect(answer).toContain('refused');
  });
  await test.step('18. no file: protocol', async () => {
    expect(page.url()).toMatch(/^terrarium:\/\/app\//);
    const read = await page.evaluate(() =>
      fetch('file:///etc/passwd').then(
        () => true,
        () => false,
      ),
    );
    expect(read).toBe(false);
  });
  await test.step('19. fuses: the development runtime', async () => {
    // The inspector stays, since Playwright drives the app by it. The packaged app's fuses are a test of their own.
    const fuses = await readFuses(process.env['TERRARIUM_ELECTRON_PATH'] ?? '');
    expect(fuses.LoadBrowserProcessSpecificV8Snapshot).toBe(false);
  });
  await test.step('20. no Electron API is exposed to the page', async () => {
    const bridge = await page.evaluate(() => {
      const { terrarium } = globalThis as unknown as { terrarium: Record<string, unknown> };
      return Object.entries(terrarium).map(([name, value]) => `${name}: ${typeof value}`);
    });
    expect(bridge.sort()).toEqual(['call: function', 'dropFiles: function', 'on: function']);
  });
});

test('a packaged app has its fuses flipped, and runs', async ({ home, hostFolder }) => {
  test.setTimeout(180_000);
  test.skip(process.platform === 'darwin', 'on macOS an app is a signed bundle');
  const program = await packageApp(process.env['TERRARIUM_ELECTRON_PATH'] ?? '', path.join(hostFolder, 'terrarium'));
  expect(await readFuses(program)).toEqual({
    RunAsNode: false,
    EnableCookieEncryption: false,
    EnableNodeOptionsEnvironmentVariable: false,
    EnableNodeCliInspectArguments: false,
    EnableEmbeddedAsarIntegrityValidation: false,
    OnlyLoadAppFromAsar: true,
    LoadBrowserProcessSpecificV8Snapshot: false,
    GrantFileProtocolExtraPrivileges: false,
  });
  // Chromium's own debugging of pages is no fuse; the inspector of the main process, which is one, is asked for in vain.
  const [pages, inspector] = [await freePort(), await freePort()];
  const child = spawn(
    program,
    [
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      `--remote-debugging-port=${pages}`,
      `--inspect=127.0.0.1:${inspector}`,
    ],
    { env: { ...process.env, TERRARIUM_HOME: home, ELECTRON_RUN_AS_NODE: '1' }, stdio: 'ignore' },
  );
  const ended = new Promise((resolve) => child.once('exit', resolve));
  try {
    const answers = (port: number, at: string): Promise<boolean> =>
      fetch(`http://127.0.0.1:${port}/${at}`).then(
        ({ ok }) => ok,
        () => false,
      );
    await expect.poll(() => answers(pages, 'json/version')).toBe(true);
    const newVm = `[...document.querySelectorAll('button')].some((button) => button.checkVisibility() && button.innerText.trim() === 'New VM')`;
    await expect.poll(() => evaluateInPage(pages, newVm)).toBe(true);
    expect(await answers(inspector, 'json/version')).toBe(false);
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
});

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
