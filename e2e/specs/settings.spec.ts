import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { menuItem } from '../pages/app-menu.ts';
import { CommandPalette } from '../pages/command-palette.ts';
import { SettingsPage } from '../pages/settings-page.ts';
import { expect, test } from '../fixtures/test.ts';

test('settings are found, changed at once, kept and reset', async ({ home, launch }) => {
  let app = await launch(home);
  await app.ready();
  let settings = new SettingsPage(app.page);
  await settings.open();
  await settings.search.fill('theme');
  await expect(settings.row('theme')).toBeVisible();
  await expect(settings.row('bell')).toBeHidden();
  await settings.row('theme').getByRole('combobox').selectOption('dark');
  await expect(app.page.locator('html')).toHaveAttribute('data-theme', 'dark');

  await settings.search.fill('font size');
  const size = settings.row('terminalFontSize').getByRole('spinbutton');
  await size.fill('99');
  await size.press('Tab');
  await expect(settings.row('terminalFontSize').getByRole('alert')).toHaveText('A number from 8 to 32.');
  await size.fill('18');
  await size.press('Tab');
  await expect(settings.row('terminalFontSize')).toContainText('changed');
  await settings.close();
  await app.quit();

  app = await launch(home);
  await expect(app.page.locator('html')).toHaveAttribute('data-theme', 'dark');
  settings = new SettingsPage(app.page);
  await app.ready();
  await settings.open();
  await expect(settings.row('terminalFontSize').getByRole('spinbutton')).toHaveValue('18');
  await settings.row('terminalFontSize').getByRole('button', { name: 'Reset Font size' }).press('Enter');
  await expect(settings.row('terminalFontSize').getByRole('spinbutton')).toHaveValue('14');
  await settings.dialog.getByRole('button', { name: 'Reset all settings' }).click();
  await settings.dialog.getByRole('button', { name: 'Reset all settings' }).click();
  await expect(app.page.locator('html')).not.toHaveAttribute('data-theme');
});

test('the language and the size of everything change at once, in the menu too', async ({ home, launch }) => {
  const app = await launch(home);
  await app.ready();
  const settings = new SettingsPage(app.page);
  await settings.open();
  await settings.row('language').getByRole('combobox').selectOption('zh');
  await expect(settings.dialog.getByRole('heading', { name: '外观' })).toBeVisible();
  await expect.poll(() => menuItem(app, 'app.settings')).toMatchObject({ label: '设置' });
  const zoom = settings.row('zoomPercent').getByRole('spinbutton');
  await zoom.fill('200');
  await zoom.press('Tab');
  await expect
    .poll(() => app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.zoomFactor))
    .toBe(2);
  // Nothing is out of reach at twice the size.
  await settings.close();
  await new CommandPalette(app.page).run('恢复界面', '恢复界面大小');
  await expect
    .poll(() => app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.zoomFactor))
    .toBe(1);
});

test('keys are chosen by pressing them, and conflicts are said', async ({ home, launch }) => {
  const app = await launch(home);
  await app.ready();
  const settings = new SettingsPage(app.page);
  await settings.open();
  await settings.search.fill('help');
  const help = settings.keys('app.help');
  await help.getByRole('button', { name: 'Change the keys' }).press('Enter');
  await app.page.keyboard.press('Control+Shift+P');
  await expect(help).toContainText('Also the keys of “Command palette…”');
  await help.getByRole('button', { name: 'Change the keys' }).press('Enter');
  await app.page.keyboard.press('h');
  await expect(help).toContainText('Keys that type need Control or Alt');
  // Escape leaves the keys as they are, and the page open.
  await app.page.keyboard.press('Escape');
  await expect(help).toContainText('Also the keys of');
  await help.getByRole('button', { name: 'Change the keys' }).press('Enter');
  await app.page.keyboard.press('Control+Alt+H');
  await expect(help).toContainText('Ctrl+Alt+H');
  await settings.close();

  await app.page.keyboard.press('Control+Alt+H');
  const page = app.page.getByRole('dialog', { name: 'Help' });
  await expect(page.getByRole('row', { name: 'Help Ctrl+Alt+H' })).toBeVisible();
  await expect.poll(() => menuItem(app, 'app.help')).toMatchObject({ accelerator: 'CmdOrCtrl+Alt+H' });
});

test('a broken settings file is set aside and reported; what a newer version knows is kept', async ({
  home,
  launch,
}) => {
  const file = path.join(home, 'settings.json');
  await writeFile(file, '{"settings": {"theme": "da');
  let app = await launch(home);
  await expect(app.page.getByTestId('problems')).toContainText('set aside as settings.json.broken');
  expect(await readFile(`${file}.broken`, 'utf8')).toContain('"da');
  await app.quit();

  await writeFile(file, JSON.stringify({ version: 99, settings: { theme: 'sepia', holograms: true } }));
  app = await launch(home);
  await app.ready();
  const settings = new SettingsPage(app.page);
  await settings.open();
  await settings.row('copyOnSelect').getByRole('switch').press('Space');
  await expect(settings.row('copyOnSelect')).toContainText('changed');
  await expect
    .poll(async () => JSON.parse(await readFile(file, 'utf8')) as unknown)
    .toMatchObject({ version: 99, settings: { theme: 'sepia', holograms: true, copyOnSelect: true } });
});
