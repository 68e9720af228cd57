import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from '../fixtures/test.ts';

test('a first build that is cancelled leaves nothing half-made and can be tried again', async ({
  emptyHome,
  launch,
}) => {
  const app = await launch(emptyHome);
  const welcome = app.page.getByTestId('welcome');
  await expect(welcome.getByTestId('progress')).toBeVisible();
  await welcome.getByRole('button', { name: 'Cancel' }).click();
  await expect(welcome).toContainText(/Stopped as asked/);
  expect((await readdir(path.join(emptyHome, 'images'))).filter((name) => name.endsWith('.json'))).toEqual([]);
  await welcome.getByRole('button', { name: 'Retry' }).click();
  await expect(app.vmItem('first')).toHaveAttribute('data-state', 'running', { timeout: 120_000 });
  const first = await app.select('first');
  await first.run('echo up-""and-running', 'up-and-running');
});
