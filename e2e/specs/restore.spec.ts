import { damageSnapshot } from '../fixtures/damage.ts';
import { expect, test } from '../fixtures/test.ts';

test('a restore that fails leaves the running VM where it was', async ({ home, launch }) => {
  const app = await launch(home);
  const machine = await app.createVm('careful');
  // What is damaged the running machine has, too: if it were saved before the snapshot is looked at, it would be lost with it.
  await machine.run('head -c 1500000 /dev/urandom > /root/noise; ls -l /root/noise | wc -l', /^1$/m);
  await machine.takeSnapshot('bad');
  await damageSnapshot(home, 'bad');
  await machine.run('echo precious > /root/work; cat /root/work', /^precious/m);
  await machine.snapshots.restore('bad');
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
  await expect(machine.snapshot('before')).toContainText('here');
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
