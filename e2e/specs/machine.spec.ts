import { expect, test } from '../fixtures/test.ts';

test('a paused VM stands still and goes on', async ({ home, launch }) => {
  const app = await launch(home);
  const machine = await app.createVm('clockwork');
  await machine.run('while :; do echo tick; sleep 0.1; done', /tick\s+tick/);
  await machine.action('Pause').click();
  await machine.isState('paused');
  const before = await machine.text();
  await machine.action('Resume').click();
  await machine.isState('running');
  await expect.poll(() => machine.text()).not.toBe(before);
});

test('the three terminals are separate shells and the boot log is there', async ({ home, launch }) => {
  const app = await launch(home);
  const machine = await app.createVm('tabs');
  await machine.run('tty', '/dev/hvc0');
  await machine.openTab('Terminal 2');
  await machine.run('tty', '/dev/hvc1');
  await machine.openTab('Terminal 3');
  await machine.run('tty', '/dev/hvc2');
  await machine.openTab('Boot log');
  await machine.shows('terrarium: ready');
  await machine.openTab('Terminal 1');
  await machine.shows('/dev/hvc0');
});

test('the guest knows the size of its terminal, also after the window changed', async ({ home, launch }) => {
  const app = await launch(home);
  const machine = await app.createVm('sizes');
  const shown = async (): Promise<string> => {
    const { rows, columns } = await machine.size();
    return `${rows} ${columns}`;
  };
  // The size is told in the background; what counts is where it ends.
  await expect
    .poll(async () => {
      await machine.type('stty size\n');
      return (await machine.text()).includes(`\n${await shown()}\n`);
    })
    .toBe(true);
  await app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.setSize(900, 560));
  await expect
    .poll(async () => {
      await machine.type('clear; stty size\n');
      return (await machine.text()).includes(`${await shown()}\n`);
    })
    .toBe(true);
});

test('shutting down keeps the files, restarting does too', async ({ home, launch }) => {
  const app = await launch(home);
  const machine = await app.createVm('reboots');
  await machine.run('echo kept > /root/f; cat /root/f', /^kept/m);
  await machine.chooseMore('Restart');
  // The terminal begins anew with the machine that boots.
  await expect.poll(() => machine.text()).not.toContain('kept');
  await machine.isState('running');
  await machine.shows('~ #');
  await machine.run('cat /root/f; uptime', /^kept\n.*up 0 min/m);
  await machine.chooseMore('Shut down');
  await machine.isState('stopped');
  await machine.action('Launch').click();
  await machine.isState('running');
  await machine.shows('~ #');
  await machine.run('cat /root/f; echo se""cond', /^kept\nsecond/m);
  await machine.type('poweroff\n');
  await machine.isState('stopped');
  await machine.action('Launch').click();
  await machine.isState('running');
  await machine.shows('~ #');
  await machine.run('cat /root/f; echo th""ird', /^kept\nthird/m);
});

test('a deleted VM is gone, its snapshots stay', async ({ home, launch }) => {
  const app = await launch(home);
  const machine = await app.createVm('doomed');
  await machine.run('echo legacy > /root/f', '# ');
  await machine.takeSnapshot('legacy');
  await machine.chooseMore('Delete');
  await expect(app.vmItem('doomed')).toHaveCount(0);
  const other = await app.createVm('heir');
  const fork = await other.fork('legacy', 'revived');
  await fork.run('cat /root/f', /^legacy/m);
});

test('pasted text arrives whole', async ({ home, launch }) => {
  const app = await launch(home);
  const machine = await app.createVm('paste');
  const lines = Array.from({ length: 4000 }, (_, index) => `line ${index} ${'x'.repeat(20)}`);
  await machine.run('stty -echo; echo re""ady; cat > /root/pasted; stty echo; md5sum /root/pasted', /^ready/m);
  await machine.paste(`${lines.join('\n')}\n`);
  await machine.confirmPaste();
  await machine.press('Control+d');
  const { createHash } = await import('node:crypto');
  await machine.shows(
    createHash('md5')
      .update(`${lines.join('\n')}\n`)
      .digest('hex'),
  );
});
