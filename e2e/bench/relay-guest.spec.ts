import { writeFile } from 'node:fs/promises';
import type { AppGuestReport } from '../../bench/relay/app-guest-report.ts';
import { transferRuns, type GuestUsage } from '../../bench/relay/guest-transfer.ts';
import { expect, test } from '../fixtures/test.ts';
import { NetworkPanel } from '../pages/network-panel.ts';
import type { TerrariumApp } from '../pages/terrarium-app.ts';

/** More than a second each, and all of them within a minute. */
const TRANSFER_MIB = 64;

test('a guest of the app transfers over the relay’s process', async ({ home, launch }) => {
  const reportFile = process.env['TERRARIUM_BENCH_REPORT'];
  const runs = Number(process.env['TERRARIUM_BENCH_RUNS']);
  if (reportFile === undefined || !(runs > 0)) throw new Error('started by hand: run “npm run bench -- relay”');
  const report = (value: AppGuestReport): Promise<void> => writeFile(reportFile, JSON.stringify(value));

  let app: TerrariumApp;
  try {
    app = await launch(home);
  } catch (cause) {
    await report({ t: 'not-started', why: cause instanceof Error ? cause.message : String(cause) });
    return;
  }
  const machine = await app.createVm('bench');
  const panel = await NetworkPanel.open(app.page);
  await panel.setProfile('Internet and this computer');
  await expect(panel.address).toHaveText(/^10\./);
  // It redraws its table of connections all the time.
  await panel.root.getByRole('button', { name: 'Close network' }).click();
  await expect(panel.root).toBeHidden();
  await machine.shows('~ #');

  const guest = {
    // Pasted: key by key takes seconds beside a busy machine.
    type: (line: string) => machine.paste(`${line}\n`),
    usage: () => usageOf(app),
  };
  const measured = await transferRuns(guest, { runs, transferMib: TRANSFER_MIB, place: '-in-app' });
  const electron = await app.electron.evaluate(() => process.versions.electron);
  await app.quit();
  await report({ t: 'measured', electron, measured });
});

/** Of the relay's process, and of the page's, whose workers the machines are. */
async function usageOf(app: TerrariumApp): Promise<GuestUsage> {
  const processes = await app.electron.evaluate(({ app: electronApp }) =>
    electronApp.getAppMetrics().map(({ type, name, serviceName, cpu }) => ({
      isRelay: serviceName === 'Terrarium relay' || name === 'Terrarium relay',
      isPage: type === 'Tab',
      cpuS: cpu.cumulativeCPUUsage ?? null,
    })),
  );
  const msOf = (found: { cpuS: number | null } | undefined): number | null =>
    found === undefined || found.cpuS === null ? null : found.cpuS * 1000;
  return {
    relayCpuMs: msOf(processes.find(({ isRelay }) => isRelay)),
    emulatorCpuMs: msOf(processes.find(({ isPage }) => isPage)),
  };
}
