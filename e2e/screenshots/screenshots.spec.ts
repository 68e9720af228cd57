import { execFile } from 'node:child_process';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { freePort, startHostServer } from '../fixtures/host-server.ts';
import { expect, test } from '../fixtures/test.ts';
import { CommandPalette } from '../pages/command-palette.ts';
import { FilesPanel } from '../pages/files-panel.ts';
import { ImagesDialog } from '../pages/images-dialog.ts';
import { setLanguage } from '../pages/language.ts';
import { NetworkPanel } from '../pages/network-panel.ts';
import type { TerrariumApp } from '../pages/terrarium-app.ts';

const folder = path.resolve(import.meta.dirname, '../../docs/screenshots');
const LOOKS = (['en', 'zh'] as const).flatMap((language) =>
  (['light', 'dark'] as const).map((theme) => ({ language, theme })),
);

/** Every main view, in both themes and both languages. */
test('the main views', async ({ emptyHome, home, hostFolder, launch }) => {
  test.setTimeout(600_000);
  const { stdout: chineseFonts } = await promisify(execFile)('fc-list', [':lang=zh', 'family']);
  if (chineseFonts.trim() === '') throw new Error('No font here has Chinese: install one (on Debian, fonts-noto-cjk).');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const welcome = await launch(emptyHome);
  await expect(welcome.page.getByTestId('progress')).toBeVisible();
  await welcome.page.screenshot({ path: path.join(folder, 'welcome.png') });
  await welcome.kill();

  const app = await launch(home);
  const { page } = app;
  const build = await app.createVm('build-1');
  await build.run('uname -a', 'Linux');
  await build.takeSnapshot('fresh prompt');
  await build.run('mkdir -p src && cd src && seq 1 200000 | sha256sum', '  -');
  await build.run('ps | head -n 8; df -h / | tail -n 1; uptime', 'load average');
  await build.takeSnapshot('after the build');
  await build.snapshots.describe('fresh prompt', { tags: 'base, keep' });
  await build.snapshots.choose('fresh prompt', 'Protect');
  const scratch = await build.fork('fresh prompt', 'scratch');
  await scratch.run('echo hello from a fork', /^hello from a fork/m);
  await scratch.takeSnapshot('first idea');
  await scratch.run('seq 1 40 | while read n; do printf "step $n  "; done; echo', 'step 40');
  await scratch.takeSnapshot('second idea');
  await app.createVm('idle');
  await app.select('build-1');
  await build.snapshots.describe('after the build', { note: 'Everything is built and checked.' });
  await expect(app.toasts).toHaveCount(0);
  await shoot(app, 'machine');

  await build.terminal().locator('textarea').focus();
  await page.keyboard.press('Control+Shift+D');
  const panes = page.getByTestId('pane');
  await expect(panes.nth(1).locator('textarea')).toBeFocused();
  await page.keyboard.type('top -d 60\n');
  await page.keyboard.press('Control+Alt+Shift+D');
  await expect(panes.nth(2).locator('textarea')).toBeFocused();
  await page.keyboard.type('ls -la /etc | tail -n 12\n');
  await shoot(app, 'panes');
  await page.keyboard.press('Control+Shift+W');
  await page.keyboard.press('Control+Shift+W');
  await expect(panes).toHaveCount(1);

  for (const [name, size] of [
    ['notes.md', 1200],
    ['photo.raw', 900_000],
    ['report.csv', 64_000],
  ] as const) {
    await writeFile(path.join(hostFolder, name), 'x'.repeat(size));
  }
  const files = new FilesPanel(page);
  await files.open();
  const brought = (await readdir(hostFolder)).map((name) => path.join(hostFolder, name));
  await files.drop(files.list, brought);
  for (const file of brought) await expect(files.transfer(path.basename(file))).toHaveAttribute('data-phase', 'done');
  await files.row('report.csv').click();
  await expect(app.toasts).toHaveCount(0);
  await shoot(app, 'files');

  await new CommandPalette(page).open();
  await page.keyboard.type('snap');
  await shoot(app, 'palette');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+Comma');
  await page.getByTestId('settings').waitFor();
  await shoot(app, 'settings');
  await page.keyboard.press('Escape');

  const server = await startHostServer('hello from the host');
  const panel = await NetworkPanel.open(page);
  await panel.setProfile('Internet and this computer');
  await panel.addRule({ target: '*.ads.example' });
  await panel.addForward(await freePort(), 80);
  await build.run(
    `clear; ping -c 2 host.terrarium; wget -O - http://host.terrarium:${server.port}/`,
    'hello from the host',
  );
  await build.type(`nc 10.0.2.2 ${server.port}\n`);
  await expect(panel.connections.and(page.locator('[data-verdict=open]')).first()).toBeVisible();
  await shoot(app, 'network');
  await build.type('\x03');
  await server.close();
  const images = new ImagesDialog(page);
  await new CommandPalette(page).run('images', 'Images');
  await expect(images.row('Debian')).toBeVisible();
  await shoot(app, 'images');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'New VM' }).first().click();
  await shoot(app, 'new-vm');
});

/** What shows, once for each theme and language; English and dark as before afterwards. */
async function shoot(app: TerrariumApp, view: string): Promise<void> {
  const { page } = app;
  for (const { language, theme } of LOOKS) {
    await setLanguage(page, language);
    await app.setSettings({ theme });
    const html = page.locator('html');
    await expect(html).toHaveAttribute('lang', language === 'en' ? 'en' : 'zh-Hans');
    await expect(html).toHaveAttribute('data-theme', theme);
    // Colours change over a moment; a picture is of what is at rest.
    await page.evaluate(() => {
      const ending = document.getAnimations().filter(({ effect }) => effect?.getComputedTiming().endTime !== Infinity);
      return Promise.all(ending.map((each) => each.finished.catch(() => null)));
    });
    await page.screenshot({ path: path.join(folder, `${view}-${theme}-${language}.png`) });
  }
  await setLanguage(page, 'en');
  await expect(page.locator('html')).toHaveAttribute('lang', 'en');
}
