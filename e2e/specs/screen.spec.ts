import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { ECHO, PALETTE_PICTURE } from '../../src/machine/boot-program.fixture.ts';
import { giveBootProgram } from '../fixtures/boot-program.ts';
import { expect, test } from '../fixtures/test.ts';
import { expectAccessible } from '../pages/axe.ts';
import { CommandPalette } from '../pages/command-palette.ts';
import { ScreenView } from '../pages/screen-view.ts';

/** Not the image's own, so that the VM boots. */
const MEMORY_MIB = 128;

test('the screen is a tab: opened by the palette, typed into, saved as a picture', async ({
  home,
  hostFolder,
  launch,
}) => {
  await giveBootProgram(home, ECHO);
  const app = await launch(home);
  await app.createVm('echo', MEMORY_MIB);
  const palette = new CommandPalette(app.page);
  const screen = new ScreenView(app.page);

  await palette.run('screen of', 'Screen of the VM');
  await expect(screen.tab).toHaveAttribute('aria-selected', 'true');
  await expect(screen.stage).toBeFocused();
  await screen.shows('SeaBIOS');

  // The program may not read yet what is typed first.
  await expect(async () => {
    await app.page.keyboard.press('Shift+KeyH');
    await app.page.keyboard.type('ello, screen');
    await expect(screen.text).toContainText('Hello, screen', { timeout: 3000 });
  }).toPass();
  expect(await screen.brightPixels()).toBeGreaterThan(500);
  await expectAccessible(app.page, 'the screen of a VM');

  const file = path.join(hostFolder, 'shot.png');
  await app.answerSaveDialog(file);
  await palette.run('picture of the screen', 'Save a picture of the screen');
  await expect(app.toasts.filter({ hasText: 'The picture was saved as shot.png.' })).toBeVisible();
  const png = await readFile(file);
  expect(png.subarray(0, 8).toString('hex')).toBe('89504e470d0a1a0a');
  // 80 × 25 characters of 10 × 20 pixels.
  expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([800, 500]);

  // What the app keeps it keeps here, too; then the keyboard is in the row of tabs.
  await screen.stage.focus();
  await app.page.keyboard.press('Control+Shift+E');
  await expect(screen.tab).toBeFocused();
  await app.page.keyboard.press('Enter');
  await expect(screen.stage).toBeFocused();
  await app.page.keyboard.press('Control+Shift+W');
  await expect(screen.tab).toHaveCount(0);
});

test('a graphics mode is drawn, scaled, and the tab is there again after a restart', async ({ home, launch }) => {
  await giveBootProgram(home, PALETTE_PICTURE);
  const first = await launch(home);
  await first.createVm('picture', MEMORY_MIB);
  const screen = new ScreenView(first.page);
  await new CommandPalette(first.page).run('screen of', 'Screen of the VM');
  await expect(first.page.getByText('320 × 200 pixels')).toBeVisible();
  // The upper half is red.
  await expect.poll(() => screen.brightPixels()).toBe(320 * 100);
  const fitted = (await screen.canvas.boundingBox())?.width ?? 0;
  await screen.button('Whole pixels only').click();
  await expect(screen.button('Whole pixels only')).toHaveAttribute('aria-pressed', 'true');
  await expect.poll(async () => ((await screen.canvas.boundingBox())?.width ?? 0) % 320).toBe(0);
  expect(fitted).toBeGreaterThan(0);

  // A guest that only takes movements gets the whole mouse; Escape takes it back and is not the guest's.
  const lockedTo = (): Promise<string | null> =>
    first.page.evaluate(() => document.pointerLockElement?.tagName ?? null);
  const bar = first.page.getByRole('status').filter({ hasText: 'The VM has the mouse. Esc takes it back.' });
  await screen.button('Give the mouse to the VM').click();
  await expect.poll(lockedTo).toBe('CANVAS');
  await expect(bar).toBeVisible();
  await expect(screen.stage).toBeFocused();
  await first.page.keyboard.press('Escape');
  await expect.poll(lockedTo).toBe(null);
  await expect(bar).toHaveCount(0);
  await new CommandPalette(first.page).run('give the mouse', 'Give the mouse to the screen of the VM');
  await expect.poll(lockedTo).toBe('CANVAS');
  await first.page.keyboard.press('Control+Shift+E');
  await expect.poll(lockedTo).toBe(null);
  await first.quit();

  const second = await launch(home);
  const machine = await second.select('picture');
  await machine.action('Launch').click();
  await machine.isState('running');
  const again = new ScreenView(second.page);
  await expect(again.tab).toHaveAttribute('aria-selected', 'true');
  await expect.poll(() => again.brightPixels()).toBe(320 * 100);
  await expect(again.button('Whole pixels only')).toHaveAttribute('aria-pressed', 'true');
});

test('a VM whose kernel draws nothing says where its terminals are', async ({ home, launch }) => {
  const app = await launch(home);
  const machine = await app.createVm('plain');
  await machine.run('echo he""re', 'here');
  await machine.chooseMore('Screen');
  await expect(new ScreenView(app.page).tab).toHaveAttribute('aria-selected', 'true');
  await expect(app.page.getByText('This VM draws nothing on its screen')).toBeVisible();
});
