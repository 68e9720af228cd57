import { spawn } from 'node:child_process';
import path from 'node:path';
import { CommandPalette } from '../pages/command-palette.ts';
import { menuItem } from '../pages/app-menu.ts';
import { expect, test } from '../fixtures/test.ts';

test('the palette finds commands, VMs, snapshots and settings, by keyboard', async ({ home, launch }) => {
  const app = await launch(home);
  const palette = new CommandPalette(app.page);
  await app.ready();

  await palette.run('new vm', 'New VM');
  const newVm = app.page.getByRole('dialog', { name: 'New VM' });
  await newVm.getByLabel('Name').fill('alpha');
  await app.page.keyboard.press('Enter');
  await expect(newVm).toBeHidden();
  await expect(app.vmItem('alpha')).toHaveAttribute('data-state', 'running');

  // From inside a terminal, which keeps what a guest needs: Control+S is the guest's, so no snapshot is taken.
  const alpha = await app.select('alpha');
  await alpha.run('echo in-the""-terminal', 'in-the-terminal');
  await alpha.press('Control+s');
  await alpha.press('Control+q');
  await palette.run('save snapsh', 'Save a snapshot at once');
  await expect(alpha.snapshot('Snapshot 1')).toBeVisible();
  await expect(app.page.getByTestId('snapshot-item')).toHaveCount(1);

  // The Chinese name leads there, too; what was used lately leads without a word.
  await palette.open();
  await expect(palette.active).toContainText('Save a snapshot at once');
  await expect(palette.active).toContainText('recently used');
  await app.page.keyboard.type('派生');
  await expect(palette.active).toContainText('Fork “Snapshot 1”');
  await app.page.keyboard.press('Enter');
  const fork = app.page.getByRole('dialog', { name: 'Fork' });
  await expect(fork).toBeVisible();
  await app.page.keyboard.press('Escape');
  await expect(fork).toBeHidden();

  await palette.run('settings theme', 'Settings: Theme');
  await expect(app.page.getByTestId('settings').locator('[data-setting=theme]')).toBeVisible();
  await expect(app.page.getByTestId('settings').getByRole('search').getByRole('textbox')).toBeFocused();
  await app.page.keyboard.press('Escape');
  await expect(app.page.getByTestId('settings')).toBeHidden();

  await palette.open();
  await app.page.keyboard.type('there is nothing of this kind');
  await expect(palette.dialog.getByRole('status')).toHaveText('Nothing is called that. Try another word.');
  await app.page.keyboard.press('Escape');
  await expect(palette.dialog).toBeHidden();
});

test('the menu is made of the commands', async ({ home, launch }) => {
  const app = await launch(home);
  await app.ready();
  await expect
    .poll(() => menuItem(app, 'app.palette'))
    .toMatchObject({ label: 'Command palette…', accelerator: 'CmdOrCtrl+Shift+P', enabled: true });
  // No VM, nothing to take a snapshot of.
  expect(await menuItem(app, 'snapshot.take')).toMatchObject({ enabled: false });
  await app.createVm('alpha');
  await expect.poll(() => menuItem(app, 'snapshot.take')).toMatchObject({ enabled: true });
  await app.electron.evaluate(({ Menu }) => {
    Menu.getApplicationMenu()?.getMenuItemById('snapshot.take')?.click();
  });
  await expect(app.page.getByRole('dialog', { name: 'Take a snapshot of alpha' })).toBeVisible();
});

test('Help lists the keys, About the versions', async ({ home, launch }) => {
  const app = await launch(home);
  await app.ready();
  await app.page.keyboard.press('F1');
  const help = app.page.getByRole('dialog', { name: 'Help' });
  await expect(help.getByRole('row', { name: 'New VM… Ctrl+Shift+N' })).toBeVisible();
  await app.page.keyboard.press('Escape');
  await expect(help).toBeHidden();

  await new CommandPalette(app.page).run('about', 'About Terrarium');
  const about = app.page.getByRole('dialog', { name: 'About Terrarium' });
  await expect(about).toContainText('Electron');
  await expect(about).toContainText('tiny');
  await about.getByRole('button', { name: 'Copy' }).click();
  await expect(app.toasts).toContainText('The versions were copied.');
  const copied = await app.electron.evaluate(({ clipboard }) => clipboard.readText());
  expect(copied).toMatch(/^Chromium: \d+\./m);
});

/** A second start on the same data folder, which hands over what it was given and ends. */
async function startAgain(home: string, link: string): Promise<void> {
  const program = process.env['TERRARIUM_ELECTRON_PATH'] ?? '';
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const second = spawn(program, [...sandbox, path.resolve(import.meta.dirname, '..', '..'), link], {
    env: { ...process.env, TERRARIUM_HOME: home },
    stdio: 'ignore',
  });
  await new Promise((resolve) => second.once('exit', resolve));
}

test('a link asks before it does anything', async ({ home, launch }) => {
  const app = await launch(home);
  const machine = await app.createVm('linked');
  await machine.takeSnapshot('point');
  await machine.action('Suspend').click();
  await machine.isState('stopped');

  await startAgain(home, 'terrarium://open?vm=linked');
  const open = app.page.getByRole('dialog', { name: 'Open this VM?' });
  await expect(open).toContainText('show “linked” and to launch it');
  await app.page.keyboard.press('Escape');
  await expect(open).toBeHidden();
  await machine.isState('stopped');

  await startAgain(home, 'terrarium://open?vm=linked');
  await expect(open).toBeVisible();
  await open.getByRole('button', { name: 'Show and launch' }).press('Enter');
  await machine.isState('running');

  await startAgain(home, 'terrarium://fork?snapshot=point');
  const fork = app.page.getByRole('dialog', { name: 'Fork this snapshot?' });
  await expect(fork).toContainText('the snapshot “point” of linked');
  await app.page.keyboard.press('Escape');

  await startAgain(home, 'terrarium://delete?vm=linked');
  await expect(app.toasts.last()).toContainText('links cannot do');
  await startAgain(home, 'terrarium://open?vm=nobody');
  await expect(app.toasts.last()).toContainText('called “nobody”, which is not here');
  await expect(app.vmItem('linked')).toBeVisible();
});

test('a long command that ends unseen is told of, and leads to its terminal', async ({ home, launch }) => {
  const app = await launch(home);
  await app.createVm('second');
  const first = await app.createVm('first');
  await new CommandPalette(app.page).run('settings what is long', 'Settings: What is long');
  const seconds = app.page.getByTestId('settings').locator('[data-setting=notifyAfterSeconds]').getByRole('spinbutton');
  await seconds.fill('1');
  await seconds.press('Tab');
  await app.page.keyboard.press('Escape');

  // Another VM is looked at meanwhile.
  // What is typed before the prompt is there belongs to no command that could be told of.
  await first.run('echo rea""dy', /^ready\n~ #\s*$/m);
  await first.type('sleep 8; false\n');
  await app.select('second');
  const toast = app.toasts.filter({ hasText: 'sleep 8; false failed in first · After' });
  await expect(toast).toContainText('with exit code 1');
  await toast.getByRole('button', { name: 'Show' }).press('Enter');
  await expect(app.vmItem('first')).toHaveAttribute('aria-current', 'true');

  // The window is out of sight: the system tells, and a click brings the window back.
  await app.electron.evaluate(({ Notification }) => {
    const shown = { titles: [] as string[] };
    Object.assign(globalThis, { shownNotifications: shown });
    Notification.isSupported = () => true;
    Notification.prototype.show = function (this: Electron.Notification) {
      shown.titles.push(this.title);
      this.emit('click');
    };
  });
  await first.type('sleep 8\n');
  await app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.hide());
  await expect
    .poll(() =>
      app.electron.evaluate(
        () => (globalThis as unknown as { shownNotifications: { titles: string[] } }).shownNotifications.titles,
      ),
    )
    .toEqual(['sleep 8 finished in first']);
  await expect
    .poll(() => app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.isVisible()))
    .toBe(true);
});

test('closing the window can leave the VMs running', async ({ home, launch }) => {
  const app = await launch(home);
  const machine = await app.createVm('stays');
  await new CommandPalette(app.page).run('keep running in the tray', 'Keep running in the tray');
  const row = app.page.getByTestId('settings').locator('[data-setting=closesToTray]');
  await row.getByRole('switch').press('Space');
  await expect(row).toContainText('changed');
  await app.page.keyboard.press('Escape');
  const isVisible = (): Promise<boolean | undefined> =>
    app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.isVisible());
  await app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close());
  await expect.poll(isVisible).toBe(false);
  await startAgain(home, '.');
  await expect.poll(isVisible).toBe(true);
  await machine.isState('running');
  await machine.run('echo still""here', 'stillhere');
});
