import path from 'node:path';
import { writeFile } from 'node:fs/promises';
import { expect, test } from '../fixtures/test.ts';
import { expectAccessible, setTheme } from '../pages/axe.ts';
import { CommandPalette } from '../pages/command-palette.ts';
import { FilesPanel } from '../pages/files-panel.ts';

test('a new VM keeps what was typed when its image is to be made of a file', async ({ home, hostFolder, launch }) => {
  const file = path.join(hostFolder, 'my-linux.tar');
  await writeFile(file, 'no tarball yet');
  const app = await launch(home);
  const { page } = app;
  await page.getByRole('button', { name: 'New VM' }).first().press('Enter');
  const making = page.getByRole('dialog', { name: 'New VM' });
  await making.getByLabel('Name').fill('typed-by-hand');
  await making.getByLabel('Memory').fill('192');
  await app.answerOpenDialog([file]);
  await making.getByRole('button', { name: 'From a file…' }).press('Enter');
  await expect(making).toBeHidden();
  await expect(page.getByRole('dialog').getByText('my-linux.tar')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(making.getByLabel('Name')).toHaveValue('typed-by-hand');
  await expect(making.getByLabel('Memory')).toHaveValue('192');
});

test('messages stay beside the files panel, which its keys enter and leave', async ({ home, launch }) => {
  const app = await launch(home);
  const { page } = app;
  const machine = await app.createVm('messages');
  await machine.shows('#');
  const files = new FilesPanel(page);
  await files.open();
  await page.keyboard.press('Control+S');
  const toast = page.getByTestId('toast').last();
  await expect(toast).toBeVisible();
  const panel = await files.root.boundingBox();
  await expect
    .poll(async () => ((await toast.boundingBox())?.x ?? 0) + ((await toast.boundingBox())?.width ?? 0))
    .toBeLessThanOrEqual(panel?.x ?? 0);
  await page.screenshot({ path: test.info().outputPath('toast.png') });
  await page.keyboard.press('Control+Shift+B');
  await expect(files.root).toBeHidden();
  await expect(machine.terminal().locator('textarea')).toBeFocused();
});

test('About has no serious finding in either theme', async ({ home, launch }) => {
  const app = await launch(home);
  const { page } = app;
  const palette = new CommandPalette(page);
  const look = async (view: string): Promise<void> => {
    for (const theme of ['light', 'dark'] as const) {
      await setTheme(page, theme);
      await expectAccessible(page, `${view}, ${theme}`);
    }
  };
  const machine = await app.createVm('looked-at');
  await machine.shows('#');
  await palette.run('about', /About/);
  await expect(page.getByRole('dialog', { name: /About/ })).toBeVisible();
  await look('About');
  await page.keyboard.press('Escape');
});
