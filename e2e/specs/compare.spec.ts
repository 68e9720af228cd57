import { expect, test } from '../fixtures/test.ts';

test('the files of two snapshots are compared, the older one first', async ({ launch, home }) => {
  const app = await launch(home);
  const machine = await app.createVm('twice');
  await machine.run('echo one > /root/kept; echo two > /root/gone; sync; echo ready-$((1+1))', 'ready-2');
  await machine.takeSnapshot('before');
  await machine.run('echo more >> /root/kept; rm /root/gone; mkdir /root/new; sync; echo done-$((2+1))', 'done-3');
  await machine.takeSnapshot('after');

  await machine.snapshots.choose('before', 'Compare files with…');
  const dialog = app.page.getByRole('dialog', { name: 'Compare files' });
  await expect(dialog.getByText('What changed from “before” to “after”.')).toBeVisible();
  const row = (path: string) => dialog.getByRole('listitem').filter({ hasText: path });
  await expect(row('/root/kept')).toContainText('content');
  await expect(row('/root/gone').getByLabel('removed')).toBeVisible();
  await expect(row('/root/new/').getByLabel('added')).toBeVisible();
  await dialog.getByLabel('Search the changes').fill('GONE');
  await expect(dialog.getByRole('listitem')).toHaveCount(1);
  await app.page.keyboard.press('Escape');
  await app.page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
});
