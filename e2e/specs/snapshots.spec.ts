import { stat } from 'node:fs/promises';
import path from 'node:path';
import { damageSnapshot } from '../fixtures/damage.ts';
import { expect, test } from '../fixtures/test.ts';

test('snapshots of a VM and its fork are one tree, and each VM stands somewhere in it', async ({ home, launch }) => {
  const app = await launch(home);
  const first = await app.createVm('first');
  const { snapshots } = first;
  await first.takeSnapshot('base');
  await first.takeSnapshot('next');
  const second = await first.fork('base', 'second');
  await second.takeSnapshot('branch');
  await expect.poll(() => snapshots.outline()).toEqual(['1/0 base', '2/1 branch', '2/0 next']);
  await expect(snapshots.item('branch')).toContainText('here');
  await expect(snapshots.item('next')).toContainText('first');
  await app.select('first');
  await expect(snapshots.item('next')).toContainText('here');
  await expect(snapshots.item('branch')).toContainText('second');

  // What went on from a deleted one stays, and moves up.
  await first.takeSnapshot('last');
  await expect.poll(() => snapshots.outline()).toEqual(['1/0 base', '2/1 branch', '2/0 next', '3/0 last']);
  await snapshots.choose('next', 'Delete…');
  const dialog = app.page.getByRole('dialog');
  await expect(dialog).toContainText('The snapshot that goes on from it stays, now after “base”.');
  await expect(dialog).toContainText(/This frees \d/);
  await dialog.getByRole('button', { name: 'Delete snapshot' }).click();
  await expect.poll(() => snapshots.outline()).toEqual(['1/0 base', '2/1 branch', '2/0 last']);
  await snapshots.choose('branch', 'Move up');
  await expect.poll(() => snapshots.outline()).toEqual(['1/0 base', '2/0 last', '1/0 branch']);
  await first.restore('last');
});

test('a restore is undone with one press', async ({ home, launch }) => {
  const app = await launch(home);
  const machine = await app.createVm('web');
  await machine.run('echo old > /root/mark; cat /root/mark', /^old/m);
  await machine.takeSnapshot('good');
  await machine.run('echo new > /root/mark; cat /root/mark', /^new/m);
  await machine.restore('good');
  await machine.run('cat /root/mark; echo fir""st', /^old\nfirst/m);
  const kept = machine.snapshots.items.and(app.page.locator('[data-made-by=restore]'));
  await expect(kept).toHaveCount(1);
  await app.toasts.getByRole('button', { name: 'Undo' }).click();
  await expect(app.toasts.filter({ hasText: /is back at “Before restoring/ })).toBeVisible();
  await machine.isState('running');
  await machine.run('cat /root/mark; echo sec""ond', /^new\nsecond/m);
});

test('a protected snapshot is not deleted until that is lifted', async ({ home, launch }) => {
  const app = await launch(home);
  const machine = await app.createVm('guarded');
  const { snapshots } = machine;
  await machine.takeSnapshot('precious');
  await snapshots.choose('precious', 'Protect');
  await expect(snapshots.item('precious').getByRole('img', { name: 'protected' })).toBeVisible();
  const dialog = app.page.getByRole('dialog');
  await snapshots.choose('precious', 'Delete…');
  await dialog.getByRole('button', { name: 'Delete snapshot' }).click();
  await expect(dialog.getByRole('alert')).toContainText(/protect/);
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(snapshots.item('precious')).toBeVisible();
  await snapshots.choose('precious', 'Lift protection');
  await expect(snapshots.item('precious').getByRole('img', { name: 'protected' })).toBeHidden();
  await snapshots.choose('precious', 'Delete…');
  await dialog.getByRole('button', { name: 'Delete snapshot' }).click();
  await expect(snapshots.item('precious')).toHaveCount(0);
});

test('search finds names, notes and tags, and a snapshot shows what its terminal showed', async ({ home, launch }) => {
  const app = await launch(home);
  const machine = await app.createVm('seen');
  const { snapshots } = machine;
  await machine.run('echo unmis""takable', 'unmistakable');
  await machine.takeSnapshot('alpha');
  const details = await snapshots.select('alpha');
  await expect(details.getByTestId('snapshot-screen')).toContainText('unmistakable');
  await expect(snapshots.item('alpha').locator('canvas')).toHaveAttribute('data-drawn', 'true');
  await machine.takeSnapshot('beta');
  await machine.takeSnapshot('gamma');
  await snapshots.describe('beta', { note: 'Before the Upgrade.', tags: 'keep, ci' });
  await expect(snapshots.item('beta')).toContainText('ci');

  const shown = async (query: string): Promise<readonly string[]> => {
    await snapshots.search.fill(query);
    return snapshots.outline();
  };
  // With what they go on from, so that they stand where they belong.
  expect(await shown('upgrade')).toEqual(['1/0 alpha', '2/0 beta']);
  expect(await shown('KEEP')).toEqual(['1/0 alpha', '2/0 beta']);
  expect(await shown('gam')).toEqual(['1/0 alpha', '2/0 beta', '3/0 gamma']);
  expect(await shown('nowhere')).toEqual([]);
  await expect(snapshots.root).toContainText('No snapshot has “nowhere”');
  expect(await shown('')).toHaveLength(3);
});

test('the tree goes by keyboard', async ({ home, launch }) => {
  const app = await launch(home);
  const machine = await app.createVm('keys');
  const { snapshots } = machine;
  await machine.takeSnapshot('one');
  await machine.takeSnapshot('two');
  await machine.takeSnapshot('three');
  await snapshots.item('three').focus();
  const isOn = (name: string): Promise<void> => expect(snapshots.item(name)).toBeFocused();
  for (const [key, name] of [
    ['Home', 'one'],
    ['ArrowDown', 'two'],
    ['End', 'three'],
    ['ArrowLeft', 'two'],
    ['ArrowUp', 'one'],
  ] as const) {
    await app.page.keyboard.press(key);
    await isOn(name);
  }
  await app.page.keyboard.press('ArrowLeft');
  await expect(snapshots.item('one')).toHaveAttribute('aria-expanded', 'false');
  await expect(snapshots.items).toHaveCount(1);
  await app.page.keyboard.press('ArrowRight');
  await expect(snapshots.items).toHaveCount(3);
  await app.page.keyboard.press('F2');
  await app.page.getByLabel('Snapshot name').fill('first');
  await app.page.keyboard.press('Enter');
  await expect(snapshots.item('first')).toBeVisible();
  await snapshots.item('first').focus();
  const dialog = app.page.getByRole('dialog');
  await app.page.keyboard.press('Enter');
  await expect(dialog).toContainText('Restore “first”?');
  await app.page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await snapshots.item('two').focus();
  await app.page.keyboard.press('Delete');
  await expect(dialog).toContainText('Delete “two”?');
  await dialog.getByRole('button', { name: 'Delete snapshot' }).click();
  await expect.poll(() => snapshots.outline()).toEqual(['1/0 first', '2/0 three']);
});

test('checkpoints are taken by the clock while the VM runs, and not while it stands still', async ({
  home,
  launch,
}) => {
  const app = await launch(home);
  // The page's clock alone; machines have workers of their own.
  await app.page.clock.install();
  const machine = await app.createVm('steady');
  const { checkpoints, items } = machine.snapshots;
  const taken = items.and(app.page.locator('[data-made-by=timer]'));
  const toggle = checkpoints.getByRole('switch', { name: 'Checkpoints of steady' });
  await checkpoints.getByText('Checkpoints of steady').click();
  await expect(toggle).toBeChecked();
  await app.page.clock.runFor('14:00');
  await expect(taken).toHaveCount(0);
  await app.page.clock.runFor('02:00');
  await expect(taken).toHaveCount(1);
  await machine.isState('running');
  await machine.action('Pause').click();
  await machine.isState('paused');
  await app.page.clock.runFor('01:00:00');
  await expect(taken).toHaveCount(1);
  await machine.action('Resume').click();
  await machine.isState('running');
  await app.page.clock.runFor('16:00');
  await expect(taken).toHaveCount(2);
  await checkpoints.getByText('Checkpoints of steady').click();
  await expect(toggle).not.toBeChecked();
});

test('a snapshot goes to a file and comes back from it', async ({ home, hostFolder, launch }) => {
  const app = await launch(home);
  const machine = await app.createVm('traveller');
  const { snapshots } = machine;
  await machine.run('echo luggage > /root/f; cat /root/f', /^luggage/m);
  await machine.takeSnapshot('packed');
  const file = path.join(hostFolder, 'packed.terrarium');
  await app.answerSaveDialog(file);
  await snapshots.choose('packed', 'Export…');
  await app.page.getByRole('dialog').getByRole('button', { name: 'Export…' }).click();
  await expect(app.toasts.filter({ hasText: /“packed” was exported: / })).toBeVisible();
  expect((await stat(file)).size).toBeGreaterThan(0);

  const dialog = app.page.getByRole('dialog');
  await snapshots.choose('packed', 'Delete…');
  await dialog.getByRole('button', { name: 'Delete snapshot' }).click();
  await expect(snapshots.item('packed')).toHaveCount(0);
  await machine.run('rm /root/f; echo g""one', 'gone');

  await app.answerOpenDialog([file]);
  await snapshots.root.getByRole('button', { name: 'Import snapshots…' }).click();
  await expect(app.toasts.filter({ hasText: '“packed” was imported.' })).toBeVisible();
  await machine.restore('packed');
  await machine.run('cat /root/f', /^luggage/m);
});

test('verifying names what is damaged, and cleaning up frees what nothing needs', async ({ home, launch }) => {
  const app = await launch(home);
  const machine = await app.createVm('checked');
  const { snapshots } = machine;
  await machine.run('echo change > /root/f; cat /root/f', /^change/m);
  await machine.takeSnapshot('bad');
  const dialog = app.page.getByRole('dialog');
  await snapshots.storage.getByRole('button', { name: 'Verify' }).click();
  await expect(dialog.getByTestId('verified')).toBeVisible();
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  await expect(snapshots.storage).toContainText(/on disk/);

  await damageSnapshot(home, 'bad');
  await snapshots.storage.getByRole('button', { name: 'Verify' }).click();
  await expect(dialog.getByTestId('damage')).toContainText('“bad”');
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  await snapshots.choose('bad', 'Delete…');
  await dialog.getByRole('button', { name: 'Delete snapshot' }).click();
  await expect(snapshots.item('bad')).toHaveCount(0);
  await snapshots.storage.getByRole('button', { name: 'Clean up' }).click();
  await expect(app.toasts.filter({ hasText: /were freed|nothing to clean up/ })).toBeVisible();
});
