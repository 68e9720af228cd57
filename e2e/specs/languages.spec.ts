import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from '../fixtures/test.ts';
import { setLanguage, textsInLatinOnly } from '../pages/language.ts';

const NAMES = [
  'Terrarium',
  'alpha',
  'tiny',
  'Debian',
  'Linux',
  'BusyBox',
  'Wireshark',
  '.pcapng',
  'host.terrarium',
  'JetBrains Mono',
];
/** Addresses and patterns that stand as examples in empty fields. */
const EXAMPLES = ['*.example.org', '192.0.2.0/24'];
const KNOWN = [...NAMES, ...EXAMPLES];
/** What opens over everything, by its keys. */
const OVERLAYS = [
  ['palette', 'Control+Shift+P'],
  ['settings', 'Control+Comma'],
  ['help', 'F1'],
] as const;

test('started in Chinese, every main view is Chinese', async ({ home, launch }) => {
  await writeFile(path.join(home, 'settings.json'), JSON.stringify({ settings: { language: 'zh' } }));
  const app = await launch(home);
  const { page } = app;
  await expect(page.locator('html')).toHaveAttribute('lang', 'zh-Hans');
  await expect(page.getByText('还没有虚拟机').first()).toBeVisible();
  expect(await textsInLatinOnly(page, KNOWN), 'no VM').toEqual([]);

  for (const [view, keys] of OVERLAYS) {
    await page.keyboard.press(keys);
    await expect(page.getByRole('dialog')).toBeVisible();
    expect(await textsInLatinOnly(page, KNOWN), view).toEqual([]);
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toBeHidden();
  }

  // The page objects speak English, so the VM is made in English; what shows of it follows the language at once.
  await setLanguage(page, 'en');
  await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  const machine = await app.createVm('alpha');
  await setLanguage(page, 'zh');
  await expect(page.getByRole('button', { name: '拍摄快照' }).or(page.getByText('还没有快照')).first()).toBeVisible();
  expect(await textsInLatinOnly(page, KNOWN), 'running').toEqual([]);

  await page.getByTestId('snapshot-panel').getByRole('switch').click({ force: true });
  await expect(page.getByTestId('checkpoints')).toContainText('15 分钟');
  await setLanguage(page, 'en');
  await page.getByRole('button', { name: 'Network panel' }).click();
  await expect(page.getByTestId('network-panel')).toBeVisible();
  await page.getByRole('button', { name: 'Add rule' }).first().click();
  await page.getByRole('button', { name: 'Add port forward' }).click();
  await setLanguage(page, 'zh');
  await expect(page.getByText('端口转发').first()).toBeVisible();
  expect(await textsInLatinOnly(page, KNOWN), 'network panel').toEqual([]);

  await setLanguage(page, 'en');
  await machine.action('Suspend').click();
  await machine.isState('stopped');
  await setLanguage(page, 'zh');
  await expect(page.getByTestId('hero')).toContainText('alpha');
  expect(await textsInLatinOnly(page, KNOWN), 'stopped').toEqual([]);
});

test('the language is switched live and kept', async ({ home, launch }) => {
  let app = await launch(home);
  await setLanguage(app.page, 'en');
  await app.createVm('alpha');
  const panel = app.page.getByTestId('snapshot-panel');
  await expect(panel).toContainText('No snapshots yet');
  await setLanguage(app.page, 'zh');
  await expect(panel).toContainText('还没有快照');
  await expect(panel.getByRole('button', { name: '校验' })).toBeVisible();
  // Terminals are not made anew for it.
  await expect(app.page.getByTestId('terminal').filter({ visible: true })).toBeVisible();
  await setLanguage(app.page, 'en');
  await expect(panel).toContainText('No snapshots yet');
  await setLanguage(app.page, 'zh');

  // What fails is said in Chinese, too: the page's own check, and the library's.
  await app.page.getByRole('button', { name: '新建虚拟机' }).first().click();
  const dialog = app.page.getByRole('dialog');
  await dialog.getByRole('textbox').first().fill('a/b');
  await app.page.keyboard.press('Enter');
  await expect(dialog).toContainText('虚拟机名称不能包含“/”或“\\”');
  await dialog.getByRole('textbox').first().fill('alpha');
  await app.page.keyboard.press('Enter');
  await expect(dialog).toContainText('已有名为“alpha”的虚拟机。请另选一个名称。');
  await app.page.keyboard.press('Escape');
  await app.quit();
  expect(await readFile(path.join(home, 'settings.json'), 'utf8')).toContain('"zh"');
  app = await launch(home);
  await expect(app.page.locator('html')).toHaveAttribute('lang', 'zh-Hans');
});
