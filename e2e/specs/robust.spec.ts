import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from '../fixtures/test.ts';
import { CrashedPage, crashedVm, endWorker } from '../pages/crashes.ts';

for (const how of ['throws', 'traps', 'vanishes'] as const) {
  test(`a VM whose worker ${how} is shown as crashed, and nothing else dies`, async ({ home, launch }) => {
    const app = await launch(home);
    const crashing = await app.createVm('crashing');
    const [worker] = app.page.workers();
    await crashing.run('echo kept > /root/mark; cat /root/mark', /^kept/m);
    await crashing.takeSnapshot('safe');
    await crashing.run('echo lost > /root/mark; cat /root/mark', /^lost/m);
    const other = await app.createVm('other');
    await other.run('echo other""lives', /otherlives/);

    await endWorker(worker!, how);
    await crashing.isState('failed');
    await other.run('echo still""lives', /stilllives/);

    await app.select('crashing');
    const { hero, lastSaved, details } = crashedVm(app);
    await expect(hero).toContainText('crashing crashed');
    await expect(lastSaved).toContainText(/Last snapshot (just now|\d+ min ago)/);
    await details.locator('summary').click();
    await expect(details).toContainText(how === 'vanishes' ? /memory ran out/ : /worker stopped/);

    // By keyboard: the first button is what a person wants.
    await hero.getByRole('button', { name: 'Restore “safe”' }).focus();
    await app.page.keyboard.press('Enter');
    await crashing.isState('running');
    await crashing.run('cat /root/mark; echo re""stored', /^kept\nrestored/m);
    await other.isState('running');
  });
}

test('after a worker or the page crashed, terminals show what they showed', async ({ home, launch }) => {
  test.setTimeout(180_000);
  const app = await launch(home);
  const machine = await app.createVm('shown');
  const [worker] = app.page.workers();
  // A console and a shell of the agent, with more than a screen holds.
  await machine.run('for i in $(seq 1 200); do echo cons""ole-$i; done', /^console-200/m);
  for (let count = 0; count < 3; count += 1) await app.page.keyboard.press('Control+Shift+T');
  await expect(app.page.getByRole('tab', { name: 'Shell 1' })).toHaveAttribute('aria-selected', 'true');
  await machine.shows('~ #');
  await machine.run('for i in $(seq 1 200); do echo she""ll-$i; done', /^shell-200/m);
  await machine.takeSnapshot('safe');

  await endWorker(worker!, 'throws');
  await machine.isState('failed');
  await crashedVm(app).hero.getByRole('button', { name: 'Restore “safe”' }).click();
  await machine.isState('running');
  await machine.shows(/^shell-1\n[^]*^shell-200/m);
  await app.page.getByRole('tab', { name: 'Terminal 1' }).click();
  await machine.shows(/^console-1\n[^]*^console-200/m);

  // What shells printed is kept twice a minute.
  const kept = async (): Promise<string> => {
    const folder = path.join(home, 'workspaces');
    const files = await readdir(folder).catch(() => []);
    return (await Promise.all(files.map((file) => readFile(path.join(folder, file), 'utf8')))).join('');
  };
  await expect.poll(kept, { timeout: 60_000 }).toContain('shell-200');
  const crashed = new CrashedPage(app);
  await crashed.crash();
  const banner = '[data-testid=crash-banner]';
  await crashed.shows(banner, /crashed and was opened again/);
  await crashed.press(`${banner} .primary`);
  await expect.poll(() => crashed.stateOf('shown')).toBe('running');
  await crashed.pressTab('Terminal 1');
  await expect.poll(() => crashed.terminalText()).toMatch(/^console-1\n[^]*^console-200/m);
  await crashed.pressTab('Shell 1');
  await expect.poll(() => crashed.terminalText()).toMatch(/^shell-1\n[^]*^shell-200/m);
});

test('a VM that was never saved starts anew after a crash', async ({ home, launch }) => {
  const app = await launch(home);
  const machine = await app.createVm('fresh');
  await endWorker(app.page.workers()[0]!, 'throws');
  await machine.isState('failed');
  const { hero, lastSaved } = crashedVm(app);
  await expect(lastSaved).toContainText('starts from its image');
  await hero.getByRole('button', { name: 'Start from its image' }).click();
  await machine.isState('running');
});

test('a page that crashes comes back and brings its VMs back', async ({ home, launch }) => {
  const app = await launch(home);
  const machine = await app.createVm('one');
  await machine.run('echo kept > /root/mark; cat /root/mark', /^kept/m);
  await machine.takeSnapshot('before');
  await app.createVm('two');
  const crashed = new CrashedPage(app);
  await crashed.crash();
  const banner = '[data-testid=crash-banner]';
  await crashed.shows(banner, /crashed and was opened again.*one and two ended with it/s);
  await crashed.press(`${banner} .primary`);
  for (const name of ['one', 'two']) await expect.poll(() => crashed.stateOf(name)).toBe('running');

  // Again and again: then a person is asked, once.
  await app.electron.evaluate(({ dialog }) => {
    const asked = globalThis as { asked?: number };
    asked.asked = 0;
    dialog.showMessageBox = () => {
      asked.asked = (asked.asked ?? 0) + 1;
      return Promise.resolve({ response: 0, checkboxChecked: false });
    };
  });
  const asked = (): Promise<number | undefined> =>
    app.electron.evaluate(() => (globalThis as { asked?: number }).asked);
  await crashed.crash();
  await crashed.shows(banner, /one and two ended/);
  expect(await asked()).toBe(0);
  await crashed.crash();
  await expect.poll(asked).toBe(1);
  await crashed.shows(banner, /one and two ended/);
});

test('an image builder that dies is said, and the build can be tried again', async ({ emptyHome, launch }) => {
  const app = await launch(emptyHome);
  const welcome = app.page.getByTestId('welcome');
  await expect(welcome).toBeVisible();
  const builder = (): Promise<number | undefined> =>
    app.electron.evaluate(
      ({ app: electron }) => electron.getAppMetrics().find(({ name }) => name === 'Terrarium image builder')?.pid,
    );
  await expect.poll(builder).toBeDefined();
  process.kill((await builder())!, 'SIGKILL');
  await expect(welcome.getByRole('alert')).toContainText(/image builder ended unexpectedly/);
  await welcome.getByRole('button', { name: 'Retry' }).press('Enter');
  await expect(welcome.getByTestId('progress')).toBeVisible();
  await expect.poll(builder).toBeDefined();
});

test('a second start only brings the first window forward', async ({ home, launch }) => {
  const app = await launch(home);
  await app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.minimize());
  const output = await new Promise<string>((resolve, reject) => {
    execFile(
      process.env['TERRARIUM_ELECTRON_PATH'] ?? '',
      [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), path.resolve(import.meta.dirname, '../..')],
      { env: { ...process.env, TERRARIUM_HOME: home }, timeout: 60_000 },
      (failure, stdout) =>
        failure ? reject(new Error('it did not end by itself', { cause: failure })) : resolve(stdout),
    );
  });
  expect(output).toContain('already running');
  expect(await app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1);
  await expect
    .poll(() => app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.isMinimized()))
    .toBe(false);
});

test('the diagnostics file helps and holds no secret', async ({ home, hostFolder, launch }) => {
  const app = await launch(home);
  const machine = await app.createVm('payroll-server');
  await machine.takeSnapshot('before the merger');
  await machine.snapshots.describe('before the merger', { note: 'ask alice', tags: 'wedding' });
  await app.electron.evaluate((_electron, folder) => {
    console.error(`payroll-server could not read ${folder}/private/notes.txt from 192.168.17.4`);
  }, home);
  const file = path.join(hostFolder, 'report.json.gz');
  await app.answerSaveDialog(file);
  const answer = await app.page.evaluate(async () => {
    const { terrarium } = globalThis as unknown as {
      terrarium: { call(name: string, args: unknown): Promise<{ ok: boolean }> };
    };
    return terrarium.call('app.saveDiagnostics', undefined);
  });
  expect(answer).toMatchObject({ ok: true });
  const text = gunzipSync(await readFile(file)).toString('utf8');
  expect(JSON.parse(text)).toMatchObject({
    format: 'terrarium-diagnostics',
    library: { vms: [{ hasHead: false }], snapshots: { count: 1 } },
    runningVms: 1,
  });
  expect(text).toContain('<name> could not read <path> from <address>');
  // Short ones, like a user called “root”, are words of everybody's.
  const ofThisComputer = [hostname(), userInfo().username].filter((name) => name.length > 4);
  const secrets = ['payroll', 'merger', 'wedding', 'alice', 'notes.txt', '192.168.17.4', home, ...ofThisComputer];
  for (const secret of secrets) {
    expect(text.toLowerCase(), secret).not.toContain(secret.toLowerCase());
  }
});
