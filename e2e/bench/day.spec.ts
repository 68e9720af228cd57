import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { DayReport } from '../../bench/day/report.ts';
import { DELETED_VM_KEPT_MS } from '../../src/shared/model/vm.ts';
import { expect, test } from '../fixtures/test.ts';
import { FilesPanel } from '../pages/files-panel.ts';
import type { MachinePage } from '../pages/machine-page.ts';
import { SettingsPage } from '../pages/settings-page.ts';
import type { TerrariumApp } from '../pages/terrarium-app.ts';
import { appHoldings, pageHeap } from './app-holdings.ts';

/** After these, all that is loaded once is loaded. */
const FIRST_ROUNDS = 3;
/** A deletion can be undone for a while; only then is everything of it let go. */
const LET_GO_MS = DELETED_VM_KEPT_MS + 15_000;

test('a working day', async ({ home, hostFolder, launch }) => {
  const reportFile = process.env['TERRARIUM_BENCH_REPORT'];
  const minutes = Number(process.env['TERRARIUM_BENCH_RUNS']);
  if (reportFile === undefined || !(minutes > 0)) throw new Error('started by hand: run “npm run bench -- day”');
  const report = (value: DayReport): Promise<void> => writeFile(reportFile, JSON.stringify(value));
  test.setTimeout((minutes + 20) * 60_000);

  const note = path.join(hostFolder, 'note.txt');
  await writeFile(note, 'from the host\n');
  let first: TerrariumApp;
  try {
    first = await launch(home);
  } catch (cause) {
    await report({ t: 'not-started', why: cause instanceof Error ? cause.message : String(cause) });
    return;
  }
  // Looking into the heap leaves memory with the process: the app whose day is measured is looked into at the end alone.
  await firstRounds(first, note);
  const heapBefore = await pageHeap(first);
  await first.quit();

  const app = await launch(home);
  const began = performance.now();
  const passed = (): number => (performance.now() - began) / 60_000;
  await firstRounds(app, note);
  const before = { ...(await appHoldings(app)), ...heapBefore };
  process.stderr.write(`day: before ${JSON.stringify(before)}\n`);
  let rounds = FIRST_ROUNDS;
  const workUntil = async (end: number): Promise<void> => {
    do {
      await round(app, rounds, note);
      rounds += 1;
      process.stderr.write(`day: round ${rounds} after ${passed().toFixed(1)} min\n`);
    } while (passed() < end);
    await settle();
  };
  await workUntil(minutes / 2);
  const noon = await appHoldings(app);
  process.stderr.write(`day: noon ${JSON.stringify(noon)}\n`);
  await workUntil(minutes);
  const after = { ...(await appHoldings(app)), ...(await pageHeap(app)) };
  process.stderr.write(`day: after ${JSON.stringify(after)}\n`);
  const electron = await app.electron.evaluate(() => process.versions.electron);
  await report({ t: 'measured', electron, rounds, minutes: passed(), before, noon, after });
  await app.quit();
});

async function firstRounds(app: TerrariumApp, note: string): Promise<void> {
  for (let number = 0; number < FIRST_ROUNDS; number += 1) await round(app, number, note);
  await settle();
}

/** What a person does with a VM from its making to its end. */
async function round(app: TerrariumApp, number: number, note: string): Promise<void> {
  const { page } = app;
  const machine = await app.createVm(`day ${number}`);
  await machine.run('seq 2000; echo wor""ked', 'worked');
  await page.keyboard.press('Control+Shift+D');
  const panes = page.getByTestId('pane');
  await expect(panes).toHaveCount(2);
  await expect(panes.nth(1).locator('textarea')).toBeFocused();
  await page.keyboard.type('echo beside > beside.txt\n');
  await page.keyboard.press('Control+Shift+W');
  await expect(panes).toHaveCount(1);

  const files = new FilesPanel(page);
  await files.open();
  await files.drop(files.list, [note]);
  await expect(files.transfer('note.txt').last()).toHaveAttribute('data-phase', 'done');
  await page.getByRole('button', { name: 'Snapshots panel' }).click();
  await expect(machine.snapshots.root).toBeVisible();
  await machine.run('cat note.txt beside.txt', /from the host\s+beside/);

  const snapshot = `before ${number}`;
  await machine.takeSnapshot(snapshot);
  await machine.run('rm note.txt; echo go""ne', 'gone');
  await machine.restore(snapshot);
  await machine.run('cat note.txt; echo ba""ck', 'back');
  const fork = await machine.fork(snapshot, `fork ${number}`);
  await fork.run('cat beside.txt; echo for""ked', 'forked');

  const settings = new SettingsPage(page);
  await settings.open();
  await settings.close();
  await remove(app, fork);
  await app.select(machine.name);
  await machine.action('Suspend').click();
  await machine.isState('stopped');
  // Also the one that was taken before the restore, so that it can be undone.
  for (const left = machine.snapshots.items; (await left.count()) > 0;) {
    const count = await left.count();
    const name = (await left.last().getAttribute('data-name')) ?? '';
    await machine.snapshots.choose(name, 'Delete…');
    await page.getByRole('dialog').getByRole('button', { name: 'Delete snapshot' }).click();
    await expect(left).toHaveCount(count - 1);
  }
  await remove(app, machine);
}

async function remove(app: TerrariumApp, { name }: MachinePage): Promise<void> {
  const item = app.vmItem(name);
  await item.click();
  await item.press('Delete');
  await expect(item).toBeHidden();
}

async function settle(): Promise<void> {
  // A benchmark measures time that goes by: spare machines, deletions and charts end by the clock.
  await new Promise((resolve) => setTimeout(resolve, LET_GO_MS));
}
