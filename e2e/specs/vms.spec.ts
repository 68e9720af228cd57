import { expect, test } from '../fixtures/test.ts';
import { VmSidebar } from '../pages/vm-sidebar.ts';

test('VMs are found, chosen and driven by keyboard, several at once', async ({ home, launch }) => {
  const app = await launch(home);
  const sidebar = new VmSidebar(app.page);
  for (const name of ['alpha', 'beta', 'gamma']) await app.createVm(name);

  // The list is one stop of Tab; arrows, Home and End go through it and show the VM.
  await sidebar.item('gamma').focus();
  await app.page.keyboard.press('Home');
  await expect(sidebar.item('alpha')).toBeFocused();
  await expect(sidebar.item('alpha')).toHaveAttribute('aria-selected', 'true');
  await expect(app.page.getByRole('button', { name: 'Rename alpha' })).toBeVisible();
  await app.page.keyboard.press('ArrowDown');
  await expect(sidebar.item('beta')).toBeFocused();
  await app.page.keyboard.type('ga');
  await expect(sidebar.item('gamma')).toBeFocused();
  await app.page.keyboard.press('End');
  await expect(sidebar.item('gamma')).toBeFocused();

  // Several at once: suspended, tagged and launched again.
  await app.page.keyboard.press('Shift+ArrowUp');
  await expect(sidebar.chosen).toHaveText([/beta/, /gamma/]);
  await sidebar.menuByKey('Suspend');
  for (const name of ['beta', 'gamma']) await sidebar.isState(name, 'stopped');
  await sidebar.isState('alpha', 'running');
  await sidebar.item('beta').focus();
  await sidebar.menuByKey('Tags…');
  await app.page.getByLabel('Tags', { exact: true }).fill('work, night');
  await app.page.keyboard.press('Enter');
  await expect(sidebar.item('beta').getByText('work', { exact: true })).toBeVisible();
  await expect(sidebar.item('gamma').getByText('night', { exact: true })).toBeVisible();

  // A tag filters; a search finds names, tags, images and states.
  await sidebar.tag('work').click();
  await expect(sidebar.items).toHaveText([/beta/, /gamma/]);
  await sidebar.tag('work').click();
  await sidebar.search('stopped nig');
  await expect(sidebar.items).toHaveText([/beta/, /gamma/]);
  await sidebar.search('running');
  await expect(sidebar.items).toHaveText([/alpha/]);
  await sidebar.search('nothing like it');
  await expect(app.page.getByText('No VM matches.')).toBeVisible();
  await app.page.getByRole('button', { name: 'Show all' }).click();
  await expect(sidebar.items).toHaveCount(3);

  // Enter launches what does not run, and goes into the terminal of what does.
  await sidebar.item('beta').click();
  await app.page.keyboard.press('Enter');
  await sidebar.isState('beta', 'running');
  await sidebar.item('beta').focus();
  await app.page.keyboard.press('Enter');
  const beta = await app.select('beta');
  await expect(beta.terminal().locator('textarea')).toBeAttached();
  await sidebar.item('beta').focus();
  await app.page.keyboard.press('F2');
  await app.page.getByLabel('VM name').fill('delta');
  await app.page.keyboard.press('Enter');
  await sidebar.isState('delta', 'running');
});

test('a running VM that is deleted can be had back with what it was doing', async ({ home, launch }) => {
  let app = await launch(home);
  let sidebar = new VmSidebar(app.page);
  const machine = await app.createVm('doomed');
  await machine.shows('~ #');
  await machine.run('x=kept-in-memory; echo se""t', 'set');
  await sidebar.item('doomed').focus();
  await app.page.keyboard.press('Delete');
  await expect(sidebar.items).toHaveCount(0);
  const toast = app.toasts.filter({ hasText: 'Deleted doomed.' });
  await toast.getByRole('button', { name: 'Undo' }).click();
  await sidebar.isState('doomed', 'stopped');
  await machine.action('Launch').click();
  await machine.isState('running');
  await machine.run('echo $x', /^kept-in-memory/m);

  // For good at the end of the app; nothing of it is left on disk.
  await sidebar.item('doomed').focus();
  await app.page.keyboard.press('Delete');
  await expect(sidebar.items).toHaveCount(0);
  await expect(app.toasts.filter({ hasText: 'Deleted doomed.' })).toBeVisible();
  await app.quit();
  expect(await sidebar.recordsOf(home)).toEqual([]);

  // Killed in between, it is still there to be removed, and is not shown.
  app = await launch(home);
  sidebar = new VmSidebar(app.page);
  await app.createVm('victim');
  await sidebar.item('victim').focus();
  await app.page.keyboard.press('Delete');
  await expect(app.toasts.filter({ hasText: 'Deleted victim.' })).toBeVisible();
  await app.kill();
  expect(await sidebar.recordsOf(home)).toHaveLength(1);
  app = await launch(home);
  await expect(app.page.getByText('No VMs yet. Make one below.')).toBeVisible();
  await app.quit();
  expect(await sidebar.recordsOf(home)).toEqual([]);
});

test('a duplicate of a running VM goes on from the same moment, and leaves no snapshot', async ({ home, launch }) => {
  const app = await launch(home);
  const sidebar = new VmSidebar(app.page);
  const machine = await app.createVm('origin');
  await machine.shows('~ #');
  await machine.run('x=the-same; echo origin > /root/f; echo do""ne', 'done');
  await sidebar.item('origin').focus();
  await sidebar.menuByKey('Duplicate');
  await sidebar.isState('origin 2', 'stopped');
  await sidebar.isState('origin', 'running');
  await expect(machine.snapshots.items).toHaveCount(0);
  const copy = await app.select('origin 2');
  await copy.action('Launch').click();
  await copy.isState('running');
  await copy.run('echo $x; cat /root/f', /^the-same\norigin/m);
  await copy.run('echo copy > /root/f; cat /root/f', /^copy/m);
  await app.select('origin');
  await machine.run('cat /root/f; echo th""ird', /^origin\nthird/m);

  // One that is stopped has both begin where it ended.
  await machine.action('Suspend').click();
  await machine.isState('stopped');
  await sidebar.item('origin').focus();
  await sidebar.menuByKey('Duplicate');
  await sidebar.isState('origin 3', 'stopped');
  for (const name of ['origin', 'origin 3']) {
    const one = await app.select(name);
    await one.action('Launch').click();
    await one.isState('running');
    await one.run('echo $x-on', /^the-same-on/m);
  }
});

test('a VM too many is refused with what to do instead, by the page and by main', async ({ home, launch }) => {
  const app = await launch(home);
  const sidebar = new VmSidebar(app.page);
  await app.setSettings({ runningVmsMax: 1 });
  await app.createVm('first');
  await sidebar.createStopped(app.page, 'second');
  const second = await app.select('second');
  await second.action('Launch').click();
  const refusal = app.toasts.filter({ hasText: 'second was not launched: 1 VM is running' });
  await expect(refusal).toBeVisible();
  await sidebar.isState('second', 'stopped');
  // A page that does not ask.
  expect(await sidebar.launchBehindThePage(app.page, 'second')).toMatchObject({
    ok: false,
    error: { code: 'limit', message: expect.stringContaining('“second” was not launched') },
  });
  await refusal.getByRole('button', { name: 'Suspend first and launch' }).click();
  await sidebar.isState('first', 'stopped');
  await sidebar.isState('second', 'running');
  await app.setSettings({ runningVmsMax: 0, memoryBudgetMib: 400 });
  const first = await app.select('first');
  await first.action('Launch').click();
  await expect(app.toasts.filter({ hasText: '512 MiB of memory together, and may take 400 MiB' })).toBeVisible();
});

test('the list shows how busy a guest is and what memory it uses, and stands still when nobody sees it', async ({
  home,
  launch,
}) => {
  const app = await launch(home);
  const sidebar = new VmSidebar(app.page);
  const machine = await app.createVm('busy');
  await machine.shows('~ #');
  await machine.type('while :; do :; done\n');
  await expect.poll(() => sidebar.isSparklineHigh('busy')).toBe(true);
  await expect(sidebar.item('busy')).toContainText(/\d+ of 256 MiB used/);
  const drawn = await sidebar.sparkline('busy');
  await expect.poll(() => sidebar.sparkline('busy')).not.toBe(drawn);
  await app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.hide());
  await expect(app.page.locator('html')).toHaveAttribute('data-unseen', '');
  const hidden = await sidebar.sparkline('busy');
  // The guest goes on: it answers in another terminal, seconds later.
  await machine.openTab('Terminal 2');
  await machine.run('sleep 3; echo sle""pt', 'slept');
  expect(await sidebar.sparkline('busy')).toBe(hidden);
  await app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.show());
  await expect.poll(() => sidebar.sparkline('busy')).not.toBe(hidden);
  await machine.press('Control+c');
  await machine.run('echo it-was-""awake', 'it-was-awake');
  await expect.poll(() => sidebar.thumbnailIsDrawn('busy')).toBe(true);
});
