import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { LibraryProcess } from '../../scripts/test-library-process.ts';
import { expect, test } from '../fixtures/test.ts';

const COMMAND = path.resolve(import.meta.dirname, '..', '..', 'out', 'main', 'cli.js');

/** Another process that uses the library of the app; it ends with the test. */
async function beside<T>(home: string, script: string, use: (process: LibraryProcess) => Promise<T>): Promise<T> {
  const process = new LibraryProcess(home, script);
  try {
    return await use(process);
  } finally {
    await process.kill();
  }
}

/** Keeps the base snapshot of `tiny` once more, as a snapshot of a machine that is no VM. */
const TAKE_SNAPSHOT = `
  const { image, start } = await library.find('tiny');
  const writer = await library.saveState({
    vmId: null, vmName: 'tiny', kind: 'snapshot', content: 'full', name: await heard(), config: start.config, parent: null,
    frontBytes: start.frontBytes,
  });
  for await (const piece of library.states.read(start)) await writer.write(piece);
  const { id } = await writer.commit();
  say('taken');
  await library.updateSnapshot(id, { name: await heard() });
  say('renamed');
  const gone = (await library.listVms()).find(({ name }) => name === 'gone');
  await heard();
  await library.deleteVm(gone.id);
  await library.close();
  say('deleted');
`;

test('what another process changes shows at once, and its snapshot can be forked', async ({ home, launch }) => {
  const app = await launch(home);
  const gone = await app.createVm('gone');
  await gone.action('Suspend').click();
  await gone.isState('stopped');
  const machine = await app.createVm('here');
  await beside(home, TAKE_SNAPSHOT, async (other) => {
    other.tell('with-tool');
    await other.says();
    await expect(await machine.snapshots.select('with-tool')).toContainText('from the command, of tiny');
    other.tell('with-other-tool');
    await other.says();
    await expect(machine.snapshot('with-other-tool')).toBeVisible();
    await expect(machine.snapshot('with-tool')).toBeHidden();
    other.tell('delete it');
    await other.says();
    await expect(app.vmItem('gone')).toBeHidden();
  });
  await machine.isState('running');
  const fork = await machine.fork('with-other-tool', 'forked');
  await fork.run('echo al""ive', 'alive');
  await app.quit();
  expect(await readdir(path.join(home, 'claims'))).toEqual(['spare']);
});

test('a VM runs in one process at a time, and who has it is said', async ({ home, launch }) => {
  const app = await launch(home);
  const machine = await app.createVm('wanted');
  const hold = `
    const vm = (await library.listVms()).find(({ name }) => name === 'wanted');
    const outcome = await library.holdVm(vm.id).then(() => 'held', (cause) => cause.code + ': ' + cause.message);
    say(outcome);
    await heard();
  `;
  await beside(home, hold, async (other) => {
    expect(await other.says()).toMatch(/^busy: “wanted” is running in the Terrarium app \(process \d+\)/);
  });

  await machine.action('Suspend').click();
  await machine.isState('stopped');
  await beside(home, hold, async (other) => {
    expect(await other.says()).toBe('held');
    await machine.action('Launch').click();
    const refusal = `“wanted” is running in the terrarium command (process ${other.pid})`;
    await expect(app.toasts.filter({ hasText: refusal })).toBeVisible();
    await machine.isState('stopped');
    // Killed: what it had is free.
    await other.kill();
    await machine.action('Launch').click();
    await machine.isState('running');
  });
  await machine.run('echo al""ive', 'alive');
});

test('a snapshot the command takes opens in the app', async ({ home, launch }) => {
  const app = await launch(home);
  const machine = await app.createVm('here');
  await promisify(execFile)(
    process.execPath,
    [COMMAND, 'run', 'tiny', '--save', 'with-tool', '--', 'sh', '-c', 'mkdir -p /opt/x && echo kept-by-run > /opt/x/v'],
    { env: { ...process.env, TERRARIUM_HOME: home } },
  );
  const fork = await machine.fork('with-tool', 'from-command');
  await fork.run('cat /opt/x/v', /^kept-by-run/m);
});
