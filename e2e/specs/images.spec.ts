import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { menuItem } from '../pages/app-menu.ts';
import { expectAccessible, setTheme } from '../pages/axe.ts';
import { CommandPalette } from '../pages/command-palette.ts';
import { ImagesDialog } from '../pages/images-dialog.ts';
import { expect, test } from '../fixtures/test.ts';

/** Built, booted and saved on a machine five times slower than ours. */
const BUILT = { timeout: 150_000 };

test('the catalogue by keyboard: looked at, built from a recipe file, refused while needed, removed', async ({
  home,
  hostFolder,
  launch,
}) => {
  test.setTimeout(300_000);
  const recipe = path.join(hostFolder, 'mine.recipe');
  await writeFile(recipe, 'recipe: 1\nname: mine\ntitle: My own\ndescription: Of a file.\nbase: tiny\nmemory: 128\n');
  const broken = path.join(hostFolder, 'broken.recipe');
  await writeFile(broken, 'recipe: 1\nname: mine\nbase: nothing-like-it\n');
  const installed = async (): Promise<number> => (await readdir(path.join(home, 'images'))).length;
  const before = await installed();

  const app = await launch(home);
  await app.ready();
  const { page } = app;
  const { keyboard } = page;
  const images = new ImagesDialog(page);
  await app.createVm('user-of-tiny');
  expect(await menuItem(app, 'image.catalogue')).toMatchObject({ label: 'Images…', enabled: true });

  await new CommandPalette(page).run('images', 'Images');
  await expect(images.row('tiny')).toContainText('Installed');
  await expect(images.row('tiny')).toContainText('Needed by 1 VM and 0 snapshots.');
  await expect(images.row('Debian')).toContainText('Not installed');
  await expect(images.rows.first().getByRole('button').first()).toBeFocused();
  for (const theme of ['light', 'dark'] as const) {
    await setTheme(page, theme);
    await expectAccessible(page, `the catalogue, ${theme}`);
  }

  await images.button('Details tiny').press('Enter');
  await expect(images.title('Image “tiny”')).toBeVisible();
  await expect(images.button('Copy id')).toBeFocused();
  await expect(images.dialog.getByRole('table')).toContainText('busybox-static');
  await expectAccessible(page, 'details');
  await images.button('Back').press('Enter');
  await expect(images.row('tiny').getByRole('button').first()).toBeFocused();

  await images.button('Remove… tiny').press('Enter');
  await expect(images.dialog.getByRole('listitem')).toHaveText(['VM “user-of-tiny”']);
  await expect(images.button('Remove image')).toBeHidden();
  await keyboard.press('Enter');

  // What it would fetch is said without fetching it.
  await images.button('Build… Debian').press('Enter');
  await expect(images.title('Build “Debian”')).toBeVisible();
  await expect(images.dialog).toContainText('Disk: about');
  await expectAccessible(page, 'the plan');
  await images.button('Back').press('Enter');

  await app.answerOpenDialog([broken]);
  await images.button('From a recipe file…').press('Enter');
  await expect(images.dialog.getByRole('alert')).toContainText('broken.recipe');
  await expect(images.dialog.getByRole('alert')).not.toContainText(hostFolder);

  await app.answerOpenDialog([recipe]);
  await images.button('From a recipe file…').press('Enter');
  await expect(images.title('Build “My own”')).toBeVisible();
  await expect(images.button('Build')).toBeFocused();
  await keyboard.press('Enter');
  await expect(images.dialog.getByRole('progressbar')).toBeVisible();
  // It goes on when nobody looks.
  await keyboard.press('Escape');
  await expect(images.dialog).toBeHidden();
  await expect(page.getByText('The image “mine” is ready.')).toBeVisible(BUILT);
  expect(await installed()).toBe(before + 1);

  await keyboard.press('Control+Shift+G');
  await expect(images.row('mine')).toContainText('shared with other images');
  await images.button('Remove… mine').press('Enter');
  await expect(images.title('Remove the image “mine”?')).toBeVisible();
  await images.button('Remove image').press('Enter');
  await expect(page.getByText(/“mine” was removed, and .* freed\./)).toBeVisible();
  await expect(images.row('mine')).toBeHidden();
  await expect(images.row('tiny')).toBeVisible();
  expect(await installed()).toBe(before);
});

test('a new VM begins with the image it was asked of; all of it fits a small window', async ({ home, launch }) => {
  const app = await launch(home);
  await app.ready();
  const { page } = app;
  const images = new ImagesDialog(page);
  await page.getByRole('button', { name: 'Images', exact: true }).press('Enter');
  await images.button('New VM… tiny').press('Enter');
  const newVm = page.getByRole('dialog', { name: 'New VM' });
  await expect(newVm).toContainText('tiny');
  await expect(newVm.getByLabel('Name')).not.toHaveValue('');
  await page.keyboard.press('Escape');

  await page.setViewportSize({ width: 720, height: 480 });
  await page.keyboard.press('Control+Shift+G');
  await expect(images.row('tiny')).toBeVisible();
  const wide = await images.dialog.evaluate((dialog) =>
    [...dialog.querySelectorAll('*')]
      .filter((element) => element.getBoundingClientRect().right > innerWidth)
      .map(String),
  );
  expect(wide).toEqual([]);
});
