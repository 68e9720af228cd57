import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { menuItem } from '../pages/app-menu.ts';
import { expectAccessible } from '../pages/axe.ts';
import { CommandPalette } from '../pages/command-palette.ts';
import { ImportImageDialog } from '../pages/import-image-dialog.ts';
import { busyboxIn, smallRootfs } from '../fixtures/rootfs.ts';
import { expect, test } from '../fixtures/test.ts';

/** Built, booted and saved on a machine five times slower than ours. */
const BUILT = { timeout: 150_000 };

test('an image is made of a file, by keyboard: refused in words, cancelled, built, used', async ({
  home,
  hostFolder,
  launch,
}) => {
  test.setTimeout(300_000);
  const busybox = await busyboxIn(home);
  const hostile = path.join(hostFolder, 'hostile.tar');
  await writeFile(hostile, smallRootfs(busybox, [{ name: '../outside', content: 'x' }]));
  const sound = path.join(hostFolder, 'my-linux.tar.gz');
  await writeFile(sound, gzipSync(smallRootfs(busybox)));
  const images = async (): Promise<number> => (await readdir(path.join(home, 'images'))).length;
  const before = await images();

  const app = await launch(home);
  await app.ready();
  const { keyboard } = app.page;
  const palette = new CommandPalette(app.page);
  const importing = new ImportImageDialog(app.page);
  expect(await menuItem(app, 'image.import')).toMatchObject({ label: 'New image from file…', enabled: true });

  // Closed without a choice: nothing happens.
  const answered = await app.answerOpenDialog([]);
  await palette.run('image from file', 'New image from file');
  await answered();
  await expect(importing.dialog).toBeHidden();

  await app.answerOpenDialog([hostile]);
  await palette.run('image from file', 'New image from file');
  await expect(importing.name).toHaveValue('hostile');
  await expect(importing.name).toBeFocused();
  await expectAccessible(app.page, 'the dialog');
  await keyboard.press('Enter');
  await expect(importing.problem).toContainText('“../outside”: it points outside of the root file system', BUILT);
  await expect(importing.problem).not.toContainText(hostFolder);

  await app.answerOpenDialog([sound]);
  await importing.button('Choose another…').press('Enter');
  await expect(importing.name).toHaveValue('my-linux');
  await importing.memory.fill('128');
  await keyboard.press('Enter');
  await importing.button('Cancel build').press('Enter');
  await expect(importing.problem).toContainText(/Stopped/, BUILT);
  expect(await images()).toBe(before);

  await importing.name.focus();
  await keyboard.press('Enter');
  await expect(importing.dialog.getByRole('status')).toContainText('“my-linux” is ready.', BUILT);
  await expect(importing.notes).toContainText('1 device node or pipe was left out (dev/console)');
  await expectAccessible(app.page, 'the dialog');

  await expect(importing.button('New VM…')).toBeFocused();
  await keyboard.press('Enter');
  const newVm = app.page.getByRole('dialog', { name: 'New VM' });
  await expect(newVm).toContainText('my-linux');
  await newVm.getByLabel('Name').fill('mine');
  await keyboard.press('Enter');
  await expect(newVm).toBeHidden();
  const machine = await app.select('mine');
  await machine.isState('running');
  await machine.run('cat /etc/whose', 'out of a file');
});

test('the dialog for a new VM offers a file, too', async ({ home, hostFolder, launch }) => {
  const file = path.join(hostFolder, 'notes.txt');
  await writeFile(file, 'no tarball');
  const app = await launch(home);
  await app.ready();
  await app.answerOpenDialog([file]);
  await app.page.getByRole('button', { name: 'New VM' }).first().click();
  await app.page.getByRole('button', { name: 'From a file…' }).press('Enter');
  const importing = new ImportImageDialog(app.page);
  await expect(importing.name).toHaveValue('notes.txt');
  await importing.button('Build image').press('Enter');
  await expect(importing.problem).toContainText('notes.txt is no tarball');
});
