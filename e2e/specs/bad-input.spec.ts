import { mkdir, readdir, readFile, truncate, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from '@playwright/test';
import { damageSnapshot } from '../fixtures/damage.ts';
import { expect, test } from '../fixtures/test.ts';

interface Answer {
  readonly ok: boolean;
  readonly error?: { readonly code: string; readonly message: string };
}

/** What main answers to a call of the contract, as the page gets it. */
function call(page: Page, name: string, args: unknown): Promise<Answer> {
  return page.evaluate(
    ([callName, callArgs]) =>
      (globalThis as unknown as { terrarium: { call(name: unknown, args: unknown): Promise<Answer> } }).terrarium.call(
        callName,
        callArgs,
      ),
    [name, args] as const,
  );
}

test('bad names, sizes and images are refused in the dialog and nothing is created', async ({ home, launch }) => {
  const app = await launch(home);
  await app.page.getByRole('button', { name: 'New VM' }).first().click();
  const dialog = app.page.getByRole('dialog', { name: 'New VM' });
  const refused = async (name: string, memory: string, sentence: RegExp): Promise<void> => {
    await dialog.getByLabel('Name').fill(name);
    await dialog.getByLabel('Memory').fill(memory);
    await dialog.getByRole('button', { name: 'Create VM' }).click();
    await expect(dialog.getByText(sentence)).toBeVisible();
  };
  await refused('a/b', '256', /cannot contain “\/”/);
  await refused('x'.repeat(300), '256', /up to 64 characters; this one has 300/);
  await refused('fine', '0', /from 48 to 2047 MiB; 0 is not/);
  await refused('fine', '5000', /from 48 to 2047 MiB; 5000 is not/);
  const unknown = await call(app.page, 'vm.create', { name: 'fine', imageId: 'no-such-image', memoryMib: 256 });
  expect(unknown).toMatchObject({ ok: false, error: { code: 'not-found' } });
  expect(unknown.error?.message).toMatch(/no image/);
  // Main itself refuses too, whatever a page lets through.
  const direct = await call(app.page, 'vm.create', { name: 'a/b', imageId: 'no-such-image', memoryMib: 0 });
  expect(direct).toMatchObject({ ok: false, error: { code: 'bad-input' } });
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  expect(await readdir(path.join(home, 'vms'))).toEqual([]);
});

test('a folder and a 5 GB file are not imported, and the reason is said', async ({ home, hostFolder, launch }) => {
  const app = await launch(home);
  const machine = await app.createVm('imports');
  const folder = path.join(hostFolder, 'folder');
  await mkdir(folder);
  await machine.importFiles([folder]);
  await expect(app.toasts.filter({ hasText: /“folder” is a folder/ })).toBeVisible();
  const huge = path.join(hostFolder, 'huge.iso');
  await writeFile(huge, '');
  await truncate(huge, 5 * 1024 ** 3);
  await machine.importFiles([huge]);
  await expect(app.toasts.filter({ hasText: /“huge\.iso” is 5\.0 GiB; a VM takes files up to 1 GiB/ })).toBeVisible();
  await machine.run('ls | wc -l', /^0$/m);
});

test('a damaged snapshot is named and not loaded, and everything else works', async ({ home, launch }) => {
  let app = await launch(home);
  let machine = await app.createVm('victim');
  await machine.run('echo one > f', '# ');
  await machine.takeSnapshot('good');
  await machine.takeSnapshot('bad');
  await app.quit();

  await damageSnapshot(home, 'bad');

  app = await launch(home);
  machine = await app.select('victim');
  await machine.snapshots.restore('bad');
  await machine.isState('failed');
  await expect(app.page.getByTestId('hero')).toContainText(/damaged on disk/);
  await machine.snapshots.restore('good');
  await machine.isState('running');
  await machine.run('cat f', /^one/m);
});

test('a missing kernel is said and other VMs keep working', async ({ home, launch }) => {
  const [imageFile] = (await readdir(path.join(home, 'images'))).filter((name) => name.endsWith('.json'));
  const image = JSON.parse(await readFile(path.join(home, 'images', imageFile ?? ''), 'utf8')) as {
    value: { kernel: { bzImage: { sha256: string } } };
  };
  const { sha256 } = image.value.kernel.bzImage;
  await unlink(path.join(home, 'blobs', sha256.slice(0, 2), sha256));

  const app = await launch(home);
  // Another memory size than the image's: it has to boot, and needs the kernel.
  await app.page.getByRole('button', { name: 'New VM' }).first().click();
  const dialog = app.page.getByRole('dialog', { name: 'New VM' });
  await dialog.getByLabel('Name').fill('cold');
  await dialog.getByLabel('Memory').fill('128');
  await dialog.getByRole('button', { name: 'Create VM' }).click();
  const cold = await app.select('cold');
  await cold.isState('failed');
  await expect(app.page.getByTestId('hero')).toContainText(/missing on disk.*Rebuild the image/);
  const warm = await app.createVm('warm');
  await warm.run('echo still-""works', 'still-works');
});

test('a broken settings file is set aside and reported', async ({ home, launch }) => {
  await writeFile(path.join(home, 'settings.json'), '{"settings": {"theme": ');
  const app = await launch(home);
  await expect(app.page.getByTestId('problems')).toContainText('settings file could not be read');
  expect(await readdir(home)).toContain('settings.json.broken');
});
