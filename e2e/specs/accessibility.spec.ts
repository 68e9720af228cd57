import { rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from '@playwright/test';
import { expect, test } from '../fixtures/test.ts';
import { expectAccessible, setTheme } from '../pages/axe.ts';
import { endWorker } from '../pages/crashes.ts';
import type { TerrariumApp } from '../pages/terrarium-app.ts';

const THEMES = ['light', 'dark'] as const;
/** What opens over everything, by its keys. */
const OVERLAYS = [
  ['palette', 'Control+Shift+P'],
  ['settings', 'Control+Comma'],
  ['help', 'F1'],
  ['images', 'Control+Shift+G'],
] as const;

/** Opens a view, looks at it in both themes, and closes it by keyboard. */
async function look(page: Page, view: string): Promise<void> {
  for (const theme of THEMES) {
    await setTheme(page, theme);
    await expectAccessible(page, `${view}, ${theme}`);
  }
}

test('the welcome has no serious finding', async ({ emptyHome, launch }) => {
  const { page } = await launch(emptyHome);
  await expect(page.getByTestId('welcome')).toBeVisible();
  await look(page, 'welcome');
});

test('every component, in every state, has no serious finding', async ({ home, launch }) => {
  const { page } = await launch(home);
  await page.evaluate(() => (location.hash = '#design'));
  await page.reload();
  await expect(page.getByTestId('design')).toBeVisible();
  for (const theme of THEMES) {
    await page.getByRole('button', { name: theme, exact: true }).click();
    await expectAccessible(page, `components, ${theme}`);
    await page.getByRole('button', { name: 'Menu', exact: true }).press('Enter');
    await expect(page.getByRole('menu')).toBeVisible();
    await expectAccessible(page, `menu, ${theme}`);
    await page.keyboard.press('Escape');
    for (const dialog of ['Confirm dialog', 'Name dialog']) {
      await page.getByRole('button', { name: dialog }).press('Enter');
      await expect(page.getByRole('dialog')).toBeVisible();
      await expectAccessible(page, `${dialog}, ${theme}`);
      await page.keyboard.press('Escape');
      await expect(page.getByRole('dialog')).toBeHidden();
    }
  }
});

test('the window has no serious finding, from no VM to a crashed one', async ({ home, launch }) => {
  test.setTimeout(300_000);
  const app = await launch(home);
  const { page } = app;
  await expect(page.getByRole('button', { name: 'New VM' }).first()).toBeVisible();
  await look(page, 'no VM');
  for (const [view, keys] of OVERLAYS) {
    await page.keyboard.press(keys);
    await expect(page.getByRole('dialog')).toBeVisible();
    await look(page, view);
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toBeHidden();
  }
  await page.getByRole('button', { name: 'New VM' }).first().press('Enter');
  await expect(page.getByRole('dialog')).toBeVisible();
  await look(page, 'new VM');
  await page.keyboard.press('Escape');

  const machine = await app.createVm('looked-at');
  await machine.takeSnapshot('one');
  await look(page, 'running, snapshots panel');
  for (const title of ['Fork as…', 'Rename…', 'Note and tags…', 'Export…', 'Delete…'] as const) {
    await machine.snapshots.choose('one', title);
    await expect(page.getByRole('dialog')).toBeVisible();
    await look(page, title);
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toBeHidden();
  }
  await machine.snapshots.storage.getByRole('button', { name: 'Verify' }).press('Enter');
  await expect(page.getByTestId('verified')).toBeVisible();
  await look(page, 'verify');
  await page.keyboard.press('Escape');
  await machine.action('Snapshot').press('Enter');
  await expect(page.getByRole('dialog')).toBeVisible();
  await look(page, 'take snapshot');
  await page.keyboard.press('Escape');

  await machine.takeSnapshot('two');
  await machine.snapshots.choose('one', 'Compare files with…');
  const comparison = page.getByRole('dialog', { name: 'Compare files' });
  await expect(comparison.getByRole('listitem').first()).toBeVisible();
  await look(page, 'compare files');
  await page.keyboard.press('Escape');
  await expect(comparison).toBeHidden();

  await page.getByRole('button', { name: 'Network panel' }).press('Enter');
  await expect(page.getByTestId('network-panel')).toBeVisible();
  await page.getByRole('button', { name: 'Add rule' }).first().press('Enter');
  await page.getByRole('button', { name: 'Add port forward' }).press('Enter');
  await look(page, 'network panel with its forms');

  await machine.action('Suspend').click();
  await machine.isState('stopped');
  await look(page, 'stopped');

  await machine.action('Launch').press('Enter');
  await machine.isState('running');
  // The spare worker ends with it; only the VM's is missed.
  for (const worker of page.workers()) await endWorker(worker, 'throws');
  await machine.isState('failed');
  await look(page, 'crashed');
});

test('quitting has no serious finding, neither while it suspends nor when it cannot', async ({ home, launch }) => {
  const close = (app: TerrariumApp): Promise<void> =>
    app.electron.evaluate(
      ({ BrowserWindow }) => setImmediate(() => BrowserWindow.getAllWindows()[0]!.close()) as never,
    );
  const suspending = await launch(home);
  await suspending.createVm('quitting');
  const overlay = suspending.page.getByTestId('quitting-overlay');
  // A machine that does not answer keeps the overlay as it is.
  for (const worker of suspending.page.workers()) {
    worker
      .evaluate(() => {
        for (;;);
      })
      .catch(() => undefined);
  }
  await close(suspending);
  await expect(overlay.getByText('quitting', { exact: true })).toBeVisible();
  await look(suspending.page, 'quitting');
  await suspending.kill();

  const failing = await launch(home);
  const machine = await failing.select('quitting');
  await machine.action('Launch').click();
  await machine.isState('running');
  await rename(path.join(home, 'states'), path.join(home, 'states-away'));
  await writeFile(path.join(home, 'states'), 'no folder');
  await close(failing);
  await expect(failing.page.getByTestId('quitting-overlay').getByRole('button')).toHaveCount(2);
  await look(failing.page, 'quitting that failed');
});

test('motion stops where a person wants that', async ({ home, launch }) => {
  const { page } = await launch(home);
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.getByRole('button', { name: 'New VM' }).first().click();
  await expect(page.getByRole('dialog')).toBeVisible();
  const slowest = await page.evaluate(() =>
    Math.max(0, ...document.getAnimations().map(({ effect }) => Number(effect?.getComputedTiming().duration ?? 0))),
  );
  expect(slowest).toBeLessThanOrEqual(1);
});

test('at 200 % nothing that can be pressed is out of reach', async ({ home, launch }) => {
  const app = await launch(home);
  const { page } = app;
  await app.createVm('large');
  await app.electron.evaluate(({ BrowserWindow }) => {
    const window = BrowserWindow.getAllWindows()[0]!;
    window.setContentSize(1280, 800);
    window.webContents.setZoomFactor(2);
  });
  await expect.poll(() => page.evaluate(() => window.innerWidth)).toBeLessThanOrEqual(640);
  // The panel lies over the rest then, so it is closed to get at that.
  for (const panel of ['snapshot-panel', 'network-panel']) {
    if (panel === 'network-panel') await page.getByRole('button', { name: 'Network panel' }).press('Enter');
    await expect(page.getByTestId(panel)).toBeVisible();
    expect(await outOfReach(page, `[data-testid=${panel}]`), panel).toEqual([]);
    await page
      .getByTestId(panel)
      .getByRole('button', { name: /^Close/ })
      .press('Enter');
    await expect(page.getByTestId(panel)).toBeHidden();
    expect(await outOfReach(page, 'body'), `without ${panel}`).toEqual([]);
  }
});

test('in the smallest window nothing that can be pressed is out of reach', async ({ home, launch }) => {
  const app = await launch(home);
  const { page } = app;
  await app.createVm('small');
  await app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.setContentSize(720, 480));
  await expect.poll(() => page.evaluate(() => window.innerWidth)).toBe(720);
  const panel = page.getByTestId('snapshot-panel');
  await expect(panel).toBeVisible();
  expect(await outOfReach(page, '[data-testid=snapshot-panel]')).toEqual([]);
  await panel.getByRole('button', { name: /^Close/ }).press('Enter');
  await expect(panel).toBeHidden();
  expect(await outOfReach(page, 'body')).toEqual([]);
  // At 200 % the rest is scrolled to.
  await app.setSettings({ zoomPercent: 200 });
  await expect.poll(() => page.evaluate(() => window.innerWidth)).toBe(360);
  expect(await outOfReach(page, 'body')).toEqual([]);
});

/** Controls whose middle does not show, nor comes up by scrolling: cut off, or under something else. */
function outOfReach(page: Page, within: string): Promise<readonly string[]> {
  return page.evaluate((root) => {
    const scrolls = (element: Element): boolean => /auto|scroll/.test(getComputedStyle(element).overflow);
    const ancestors = (element: Element): Element[] =>
      element.parentElement === null ? [] : [element.parentElement, ...ancestors(element.parentElement)];
    return [...document.querySelectorAll<HTMLElement>(`:is(${root}) :is(button, input, [role=tab]):not(:disabled)`)]
      .filter((control) => control.checkVisibility() && !control.closest('.visually-hidden, .xterm'))
      .filter((control) => {
        // Only what a person can scroll is scrolled: scrollIntoView moves what is cut off, too.
        for (const box of ancestors(control).filter(scrolls)) {
          const [inner, outer] = [control.getBoundingClientRect(), box.getBoundingClientRect()];
          box.scrollTop += inner.top + inner.height / 2 - (outer.top + outer.height / 2);
          box.scrollLeft += inner.left + inner.width / 2 - (outer.left + outer.width / 2);
        }
        const { x, y, width, height } = control.getBoundingClientRect();
        if (width < 2 || height < 2) return false;
        const hit = document.elementFromPoint(x + width / 2, y + height / 2);
        return hit === null || !(control.contains(hit) || hit.closest('label')?.contains(control) === true);
      })
      .map((control) => control.getAttribute('aria-label') ?? control.textContent);
  }, within);
}
