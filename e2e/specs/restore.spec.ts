import { open, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from '../fixtures/test.ts';

/** Flips one bit in the data of the state with this name. */
async function damage(home: string, name: string): Promise<void> {
  const states = path.join(home, 'states');
  for (const id of await readdir(states)) {
    const manifest = await readFile(path.join(states, id, 'manifest.json'), 'utf8');
    if (!manifest.includes(`"name":"${name}"`)) continue;
    const file = await open(path.join(states, id, 'state.bin'), 'r+');
    const byte = Buffer.alloc(1);
    await file.read(byte, 0, 1, 6_000_000);
    await file.write(Buffer.of((byte[0] ?? 0) ^ 1), 0, 1, 6_000_000);
    await file.close();
  }
}

test('a restore that fails leaves the running VM where it was', async ({ home, launch }) => {
  const app = await launch(home);
  const machine = await app.createVm('careful');
  await machine.takeSnapshot('bad');
  await damage(home, 'bad');
  await machine.run('echo precious > /root/work; cat /root/work', /^precious/m);
  await machine.snapshot('bad').getByRole('button', { name: 'Restore bad' }).click();
  await app.page.getByRole('dialog').getByRole('button', { name: 'Restore' }).click();
  await expect(app.toasts.filter({ hasText: /damaged on disk/ })).toBeVisible();
  await machine.isState('running');
  await machine.run('cat /root/work; echo still""here', /^precious\nstillhere/m);
});

test('a restore holds even when the app is killed right after it', async ({ home, launch }) => {
  let app = await launch(home);
  let machine = await app.createVm('restored');
  await machine.run('echo before > /root/mark; cat /root/mark', /^before/m);
  await machine.takeSnapshot('before');
  await machine.run('echo after > /root/mark; cat /root/mark', /^after/m);
  await machine.action('Suspend').click();
  await machine.isState('stopped');
  await machine.action('Launch').click();
  await machine.isState('running');
  await machine.restore('before');
  await expect(machine.snapshot('before')).toContainText('current');
  await machine.run('cat /root/mark; echo re""stored', /^before\nrestored/m);
  await app.kill();

  app = await launch(home);
  machine = await app.select('restored');
  await machine.action('Launch').click();
  await machine.isState('running');
  await machine.run('cat /root/mark; echo a""gain', /^before\nagain/m);
});

test('output made to freeze a terminal does not', async ({ home, launch }) => {
  const app = await launch(home);
  const machine = await app.createVm('hostile');
  await machine.type('printf \'\\033[2147483647L\\033[2147483647M\\033[2147483647S\\033[2147483647b\'; echo ali""ve\n');
  await machine.shows('alive');
});
