import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { freePort, startEndlessServer, startHostServer } from '../fixtures/host-server.ts';
import { expect, test } from '../fixtures/test.ts';
import type { MachinePage } from '../pages/machine-page.ts';
import { NetworkPanel, relayIndicator } from '../pages/network-panel.ts';

/** Waits until the VM has a lease; the guest asks for it in the background after its start. */
async function online(machine: MachinePage): Promise<void> {
  await machine.run('while ! ip -4 addr show eth0 | grep -q inet; do sleep 0.2; done; echo on""line', /^online/m);
}

test('a VM is on the network by itself: address, gateway, name server', async ({ home, launch }) => {
  const app = await launch(home);
  await expect(relayIndicator(app.page)).toHaveAttribute('data-phase', 'idle');
  const machine = await app.createVm('online');
  await expect(relayIndicator(app.page)).toHaveAttribute('data-phase', 'running');
  await online(machine);
  await machine.run('ip -4 addr show eth0', /inet 10\.0\.2\.15\/24/);
  await machine.run('cat /etc/resolv.conf', 'nameserver 10.0.2.3');
  await machine.run('ping -c 1 10.0.2.2', '1 packets received');
  const panel = await NetworkPanel.open(app.page);
  await expect(panel.address).toHaveText('10.0.2.15');
});

test('a profile and a rule are kept, a wrong rule is refused in words', async ({ home, launch }) => {
  const app = await launch(home);
  await app.createVm('guarded');
  const panel = await NetworkPanel.open(app.page);
  await expect(panel.profile('Internet')).toBeChecked();
  await panel.setProfile('Offline');
  const form = await panel.fillRule({ target: '10.0.0.0/64' });
  await form.getByRole('button', { name: 'Add rule' }).click();
  await expect(form.getByRole('alert')).toContainText('no address');
  await form.getByRole('button', { name: 'Cancel' }).click();
  await panel.addRule({ action: 'Allow', target: '*.example.org', ports: '443' });
  await panel.addRule({ target: 'example.com' });
  await panel.root.getByRole('button', { name: 'Move rule 2 up' }).click();
  await expect(panel.rules).toHaveText([/deny\s*example\.com/, /allow\s*\*\.example\.org\s*port 443/]);
  await app.quit();

  const again = await launch(home);
  await again.select('guarded');
  const kept = await NetworkPanel.open(again.page);
  await expect(kept.profile('Offline')).toBeChecked();
  await expect(kept.rules).toHaveText([/deny\s*example\.com/, /allow\s*\*\.example\.org\s*port 443/]);
  await kept.root.getByRole('button', { name: 'Remove rule 1' }).click();
  await expect(kept.rules).toHaveText([/\*\.example\.org/]);
});

test('the host is reached where the profile allows it, and a change applies at once', async ({ home, launch }) => {
  const server = await startHostServer('hello from the host');
  const app = await launch(home);
  const machine = await app.createVm('visitor');
  await online(machine);
  // Debian's static busybox crashes in “wget -T”.
  const get = `wget -O - http://10.0.2.2:${server.port}/ 2>/dev/null`;
  await machine.run(`clear; ${get}; echo "first $?"`, /^first 1/m);
  expect(server.requests()).toBe(0);
  const panel = await NetworkPanel.open(app.page);
  await expect(panel.connections.filter({ hasText: `10.0.2.2:${server.port}` }).first()).toHaveAttribute(
    'data-verdict',
    'denied',
  );
  await panel.setProfile('Internet and this computer');
  await machine.run(`clear; ${get}; echo "second $?"`, /^hello from the host\nsecond 0/m);
  const byName = `wget -O - http://host.terrarium:${server.port}/ 2>/dev/null`;
  await machine.run(`clear; ${byName}; echo "third $?"`, /^hello from the host\nthird 0/m);
  await panel.setProfile('Offline');
  await machine.run(`clear; ${get}; echo "fourth $?"`, /^fourth 1/m);
  expect(server.requests()).toBe(2);
  await server.close();
});

test('a live connection is seen and denied from the table', async ({ home, launch }) => {
  const server = await startHostServer('unused');
  const app = await launch(home);
  const machine = await app.createVm('talker');
  await online(machine);
  const panel = await NetworkPanel.open(app.page);
  await panel.setProfile('Internet and this computer');
  await machine.type(`clear; nc 10.0.2.2 ${server.port}; echo "end""ed"\n`);
  const row = panel.connections
    .filter({ hasText: `10.0.2.2:${server.port}` })
    .and(app.page.locator('[data-verdict=open]'));
  await expect(row).toHaveCount(1);
  await row.getByRole('button', { name: /^Deny this/ }).click();
  await expect(panel.rules).toHaveText([/deny\s*10\.0\.2\.2/]);
  await machine.shows(/^ended/m);
  await server.close();
});

test('a port forward serves a page from the guest to the host, until it is removed', async ({ home, launch }) => {
  const port = await freePort();
  const app = await launch(home);
  const machine = await app.createVm('server');
  await online(machine);
  await machine.run('mkdir -p /srv/www; echo from the guest > /srv/www/index.html; httpd -p 80 -h /srv/www', '# ');
  const panel = await NetworkPanel.open(app.page);
  await panel.addForward(port, 80);
  await expect(panel.forward(port)).toHaveAttribute('data-state', 'listening');
  const page = await fetch(`http://127.0.0.1:${port}/`);
  expect(await page.text()).toBe('from the guest\n');
  await expect(panel.forward(port)).toContainText('1 so far');
  await panel
    .forward(port)
    .getByRole('button', { name: /^Remove/ })
    .click();
  await expect(panel.forward(port)).toHaveCount(0);
  await expect
    .poll(() =>
      fetch(`http://127.0.0.1:${port}/`).then(
        () => 'served',
        () => 'refused',
      ),
    )
    .toBe('refused');
});

test('VMs that are moved to one LAN get addresses of it and find each other by name', async ({ home, launch }) => {
  const app = await launch(home);
  const machines = [await app.createVm('alpha'), await app.createVm('beta')];
  for (const [index, machine] of machines.entries()) {
    await app.select(index === 0 ? 'alpha' : 'beta');
    await online(machine);
    const panel = await NetworkPanel.open(app.page);
    await panel.joinLan('lab');
    // Alone, both had the first address.
    await expect(panel.address).toHaveText(`10.0.2.${15 + index}`);
  }
  const [, beta] = machines;
  await beta!.run('while ! ip -4 addr show eth0 | grep -q 10.0.2.16; do sleep 0.2; done; echo mo""ved', /^moved/m);
  await beta!.run('ping -c 1 alpha', /PING alpha \(10\.0\.2\.15\)[^]*1 packets received/);
});

test('a forward whose port is taken says so', async ({ home, launch }) => {
  const server = await startHostServer('mine');
  const app = await launch(home);
  await app.createVm('second');
  const panel = await NetworkPanel.open(app.page);
  await panel.addForward(server.port, 80);
  await expect(panel.forward(server.port)).toHaveAttribute('data-state', 'failed');
  await server.close();
});

test('traffic is captured to a file of the person’s choice', async ({ home, hostFolder, launch }) => {
  const app = await launch(home);
  const machine = await app.createVm('watched');
  await online(machine);
  const file = path.join(hostFolder, 'watched.pcapng');
  const panel = await NetworkPanel.open(app.page);
  await app.answerSaveDialog(file);
  await panel.root.getByRole('button', { name: 'Capture to a file…' }).click();
  const stop = panel.root.getByRole('button', { name: 'Stop capture' });
  await expect(stop).toBeVisible();
  await machine.run('clear; ping -c 2 10.0.2.2', '2 packets received');
  await stop.click();
  await expect(panel.root.getByRole('button', { name: 'Capture to a file…' })).toBeVisible();
  const capture = await readFile(file);
  // A section header block, and four echo messages of 98 bytes each.
  expect(capture.readUInt32LE(0)).toBe(0x0a0d0d0a);
  expect(capture.byteLength).toBeGreaterThan(4 * 98);
});

test('a relay killed under load comes back and its VMs with it, while everything else goes on', async ({
  home,
  launch,
}) => {
  const server = await startEndlessServer();
  const app = await launch(home);
  const machine = await app.createVm('survivor');
  await online(machine);
  const panel = await NetworkPanel.open(app.page);
  await panel.setProfile('Internet and this computer');
  // A download that would never end by itself, and says when it does.
  const load = `wget -q -O /dev/null http://10.0.2.2:${server.port}/; echo flow "end""ed"`;
  await machine.type(`clear; (${load}) & ping -i 0.2 -c 40 10.0.2.2\n`);
  await machine.shows('seq=3');
  await expect.poll(() => server.sentBytes()).toBeGreaterThan(1024 * 1024);
  const relayPids = (): Promise<number[]> =>
    app.electron.evaluate(({ app: electronApp }) =>
      electronApp
        .getAppMetrics()
        .filter((metric) => metric.serviceName === 'Terrarium relay' || metric.name === 'Terrarium relay')
        .map((metric) => metric.pid),
    );
  const [pid] = await relayPids();
  expect(pid).toBeDefined();
  process.kill(pid!, 'SIGKILL');
  await expect(relayIndicator(app.page)).toHaveAttribute('data-restarts', '1');
  await expect(relayIndicator(app.page)).toHaveAttribute('data-phase', 'running');
  // The connection of before is reset; nobody waits for its bytes for ever.
  await machine.shows(/^flow ended/m);
  await machine.shows('40 packets transmitted');
  const received = Number(/(\d+) packets received/.exec(await machine.text())?.[1]);
  // Five a second: it was away for less than two seconds.
  expect(received).toBeGreaterThan(30);
  expect((await relayPids())[0]).not.toBe(pid);
  await machine.isState('running');
  await machine.run('ip -4 addr show eth0', /inet 10\.0\.2\.15\/24/);
  await server.close();
});
