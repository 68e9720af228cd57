import type { TerrariumApp } from './terrarium-app.ts';

/** What the window's page was made with, as Electron knows it. */
export async function webPreferences(app: TerrariumApp): Promise<Readonly<Record<string, unknown>>> {
  return app.electron.evaluate(({ BrowserWindow }) => {
    const contents = BrowserWindow.getAllWindows()[0]!.webContents as unknown as {
      getLastWebPreferences(): Record<string, unknown>;
    };
    return JSON.parse(JSON.stringify(contents.getLastWebPreferences())) as Record<string, unknown>;
  });
}

/** Every address the page asks for while it is loaded anew. */
export async function addressesOfALoad(app: TerrariumApp): Promise<readonly string[]> {
  await app.electron.evaluate(({ session }) => {
    const seen: string[] = [];
    (globalThis as { seenUrls?: string[] }).seenUrls = seen;
    session.defaultSession.webRequest.onBeforeRequest((details, answer) => {
      seen.push(details.url);
      answer({});
    });
  });
  await app.page.reload();
  await app.page.getByRole('button', { name: 'New VM' }).first().waitFor();
  return app.electron.evaluate(({ session }) => {
    session.defaultSession.webRequest.onBeforeRequest(null);
    return (globalThis as { seenUrls?: string[] }).seenUrls ?? [];
  });
}

/** Which of these the page may use, as `navigator.permissions` and Electron's own handler say. */
export async function grantedPermissions(app: TerrariumApp): Promise<readonly string[]> {
  const names = [
    'geolocation',
    'notifications',
    'camera',
    'microphone',
    'midi',
    'clipboard-read',
    'persistent-storage',
  ];
  return app.page.evaluate(async (wanted) => {
    const states = await Promise.all(
      wanted.map((name) => navigator.permissions.query({ name: name as PermissionName }).then(({ state }) => state)),
    );
    return wanted.filter((_name, index) => states[index] === 'granted');
  }, names);
}

/** Whether a web view that some script puts into the page would be attached. */
export async function attachesWebViews(app: TerrariumApp): Promise<boolean> {
  return app.electron.evaluate(({ BrowserWindow }) => {
    let isPrevented = false;
    const event = { preventDefault: () => (isPrevented = true) };
    BrowserWindow.getAllWindows()[0]!.webContents.emit(
      'will-attach-webview',
      event,
      {},
      { src: 'https://example.com/' },
    );
    return !isPrevented;
  });
}

/** Asks to open addresses outside, while the person says no to every question. @returns what was opened, and what was asked */
export async function openedOutside(
  app: TerrariumApp,
  urls: readonly string[],
): Promise<{ readonly opened: readonly string[]; readonly questions: number }> {
  await app.electron.evaluate(({ dialog, shell }) => {
    const record = { opened: [] as string[], questions: 0 };
    (globalThis as { outside?: typeof record }).outside = record;
    dialog.showMessageBox = () => {
      record.questions += 1;
      return Promise.resolve({ response: 0, checkboxChecked: false });
    };
    shell.openExternal = (url) => Promise.resolve(void record.opened.push(url));
  });
  await app.page.evaluate(async (addresses) => {
    const { terrarium } = globalThis as unknown as {
      terrarium: { call(name: string, args: unknown): Promise<unknown> };
    };
    for (const url of addresses) await terrarium.call('app.openExternal', { url });
  }, urls);
  return app.electron.evaluate(
    () =>
      (globalThis as { outside?: { opened: string[]; questions: number } }).outside ?? { opened: [], questions: -1 },
  );
}
