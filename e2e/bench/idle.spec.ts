import { writeFile } from 'node:fs/promises';
import type { IdleReport, IdleSample, ProcessShares } from '../../bench/idle/report.ts';
import { expect, test } from '../fixtures/test.ts';
import type { TerrariumApp } from '../pages/terrarium-app.ts';

const COUNTS = [1, 4, 8] as const;
const SAMPLE_MS = 15_000;
/**
 * What a launch leaves to do in the background: greetings, leases, files that are read ahead, a spare machine, and a
 * chart of the last minute, in which the launch is seen.
 */
const SETTLE_MS = { visible: 62_000, hidden: 10_000 } as const;

test('VMs that nobody uses', async ({ home, launch }) => {
  const reportFile = process.env['TERRARIUM_BENCH_REPORT'];
  const runs = Number(process.env['TERRARIUM_BENCH_RUNS']);
  if (reportFile === undefined || !(runs > 0)) throw new Error('started by hand: run “npm run bench -- idle”');
  const report = (value: IdleReport): Promise<void> => writeFile(reportFile, JSON.stringify(value));
  test.setTimeout(1_800_000);

  let app: TerrariumApp;
  try {
    app = await launch(home);
  } catch (cause) {
    await report({ t: 'not-started', why: cause instanceof Error ? cause.message : String(cause) });
    return;
  }
  // One that ran once: what an app with VMs has loaded is not what a VM costs.
  const first = await app.createVm('idle 1');
  await first.shows('~ #');
  await first.action('Suspend').click();
  await first.isState('stopped');
  const measured = [...(await samples(app, 0, runs))];
  let made = 1;
  await first.action('Launch').click();
  await first.isState('running');
  for (const count of COUNTS) {
    for (; made < count; made += 1) {
      const machine = await app.createVm(`idle ${made + 1}`);
      await machine.shows('~ #');
    }
    measured.push(...(await samples(app, count, runs)));
  }
  const electron = await app.electron.evaluate(() => process.versions.electron);
  await report({ t: 'measured', electron, measured });
  await app.quit();
});

async function samples(app: TerrariumApp, vmCount: number, runs: number): Promise<readonly IdleSample[]> {
  const taken: IdleSample[] = [];
  const guestsMib = await guestMemoryMib(app, vmCount);
  for (const window of ['visible', 'hidden'] as const) {
    await app.electron.evaluate(({ BrowserWindow }, isSeen) => {
      const [shown] = BrowserWindow.getAllWindows();
      if (isSeen) shown?.show();
      else shown?.hide();
    }, window === 'visible');
    const page = expect(app.page.locator('html'));
    await (window === 'hidden' ? page : page.not).toHaveAttribute('data-unseen', '');
    await pause(SETTLE_MS[window]);
    for (let run = 0; run < runs; run += 1) {
      const processes = await shares(app);
      const sample = { vmCount, window, processes, pageMib: await pageMib(app), guestsMib };
      taken.push(sample);
      process.stderr.write(`idle: ${JSON.stringify(sample)}\n`);
    }
  }
  await app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.show());
  return taken;
}

/** How much of a core each process took over a stretch of time. */
async function shares(app: TerrariumApp): Promise<ProcessShares> {
  const before = await cpuSeconds(app);
  const began = performance.now();
  await pause(SAMPLE_MS);
  const after = await cpuSeconds(app);
  const seconds = (performance.now() - began) / 1000;
  const share = (kind: keyof ProcessShares): number => (after[kind] - before[kind]) / seconds;
  return { page: share('page'), main: share('main'), gpu: share('gpu'), others: share('others') };
}

async function cpuSeconds(app: TerrariumApp): Promise<ProcessShares> {
  return app.electron.evaluate(({ app: electronApp }) => {
    const sums = { page: 0, main: 0, gpu: 0, others: 0 };
    for (const { type, cpu } of electronApp.getAppMetrics()) {
      const kind = type === 'Tab' ? 'page' : type === 'Browser' ? 'main' : type === 'GPU' ? 'gpu' : 'others';
      sums[kind] += cpu.cumulativeCPUUsage ?? 0;
    }
    return sums;
  });
}

async function pageMib(app: TerrariumApp): Promise<number> {
  return app.electron.evaluate(({ app: electronApp }) => {
    const pages = electronApp.getAppMetrics().filter(({ type }) => type === 'Tab');
    return pages.reduce((sum, { memory }) => sum + memory.workingSetSize, 0) / 1024;
  });
}

/** As the list of VMs says, which asks the guests' kernels. */
async function guestMemoryMib(app: TerrariumApp, vmCount: number): Promise<number> {
  const used = async (): Promise<readonly number[]> =>
    (await app.page.getByTestId('vm-item').allTextContents()).flatMap((text) => {
      const found = /(\d+) of \d+ MiB used/.exec(text);
      return found === null ? [] : [Number(found[1])];
    });
  await expect.poll(async () => (await used()).length, { timeout: 120_000 }).toBe(vmCount);
  return (await used()).reduce((sum, mib) => sum + mib, 0);
}

/** A benchmark measures time that goes by; there is nothing to wait for. */
function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
