import path from 'node:path';
import { freePort, startHostServer } from '../fixtures/host-server.ts';
import { expect, test } from '../fixtures/test.ts';
import { NetworkPanel } from '../pages/network-panel.ts';

const folder = path.resolve(import.meta.dirname, '../../docs/screenshots');

test('the main views, light and dark', async ({ emptyHome, home, launch }) => {
  const welcome = await launch(emptyHome);
  await expect(welcome.page.getByTestId('progress')).toBeVisible();
  await welcome.page.screenshot({ path: path.join(folder, 'welcome.png') });
  await welcome.kill();

  const app = await launch(home);
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
  for (const theme of ['Light', 'Dark'] as const) {
    await app.page.getByRole('radio', { name: `${theme} theme` }).check({ force: true });
    // Toasts go by themselves; the picture shows the app at rest.
    await expect(app.toasts).toHaveCount(0);
    await app.page.screenshot({ path: path.join(folder, `machine-${theme.toLowerCase()}.png`) });
  }
  const server = await startHostServer('hello from the host');
  const panel = await NetworkPanel.open(app.page);
  await panel.setProfile('Internet and this computer');
  await panel.addRule({ target: '*.ads.example' });
  await panel.addForward(await freePort(), 80);
  await build.run(
    `clear; ping -c 2 host.terrarium; wget -O - http://host.terrarium:${server.port}/`,
    'hello from the host',
  );
  await build.type(`nc 10.0.2.2 ${server.port}\n`);
  await expect(panel.connections.and(app.page.locator('[data-verdict=open]')).first()).toBeVisible();
  await app.page.screenshot({ path: path.join(folder, 'network-dark.png') });
  await build.type('\x03');
  await server.close();
  await app.page.getByRole('button', { name: 'New VM' }).first().click();
  await app.page.screenshot({ path: path.join(folder, 'new-vm-dark.png') });
});
