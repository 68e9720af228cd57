import { writeFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { installTap, type Tap, type TapReading } from './page-tap.ts';
import type { Flood, TerminalReport, TerminalRun } from '../../bench/terminal/report.ts';
import { expect, test } from '../fixtures/test.ts';
import type { MachinePage } from '../pages/machine-page.ts';
import type { TerrariumApp } from '../pages/terrarium-app.ts';

/** A log in colour, and how often it is printed: 50 MB in all. */
const LOG_LINES = 13_000;
const LOG_COUNT = 50;
const KEYS = 60;

/** Of the guest: what its command into the terminal printed. */
interface Sent {
  readonly byteCount: number;
  readonly sha256: string;
}

type TappedWindow = Window & { terminalTap: Tap };

test('50 MB through a terminal', async ({ home, launch }) => {
  const reportFile = process.env['TERRARIUM_BENCH_REPORT'];
  const runs = Number(process.env['TERRARIUM_BENCH_RUNS']);
  if (reportFile === undefined || !(runs > 0)) throw new Error('started by hand: run “npm run bench -- terminal”');
  const report = (value: TerminalReport): Promise<void> => writeFile(reportFile, JSON.stringify(value));

  let app: TerrariumApp;
  try {
    app = await launch(home);
  } catch (cause) {
    await report({ t: 'not-started', why: cause instanceof Error ? cause.message : String(cause) });
    return;
  }
  const { page } = app;
  await page.evaluate(installTap);
  const other = await app.createVm('other');
  await other.shows('~ #');
  // The terminal driver echoes each key at once.
  await other.run('PS1=; clear; echo re""ady; exec cat > /dev/null', /^ready/m);
  const machine = await app.createVm('flood');
  await machine.shows('~ #');
  const sent = await prepare(machine);

  const measured: TerminalRun[] = [];
  for (let run = 0; run <= runs; run += 1) {
    // In turn, so that neither has the warmer emulator.
    const before = run % 2 === 0 ? await floodNobody(page, machine, 10 * run + 1, sent) : null;
    const drawn = floodOf(await flood(page, machine, 10 * run + 2), sent);
    const nullMibPerS = before ?? (await floodNobody(page, machine, 10 * run + 1, sent));
    await app.select('other');
    const quietEchoMs = await typeKeys(page, other, () => Promise.resolve(false));
    await app.select('flood');
    const flooding = flood(page, machine, 10 * run + 3);
    await app.select('other');
    let hasEnded = false;
    void flooding.then(() => (hasEnded = true));
    const echoMs = await typeKeys(page, other, () => Promise.resolve(hasEnded));
    const beside = floodOf(await flooding, sent);
    await app.select('flood');
    process.stderr.write(
      `run ${run}: ${drawn.mibPerS.toFixed(2)} MiB/s, null ${nullMibPerS.toFixed(2)}, beside ${beside.mibPerS.toFixed(2)}, ` +
        `frames p95 ${p95(drawn.frameMs).toFixed(1)} and ${p95(beside.frameMs).toFixed(1)} ms, ` +
        `echo p95 ${p95(echoMs).toFixed(1)} ms of ${echoMs.length} (quiet ${p95(quietEchoMs).toFixed(1)}), lost ${drawn.lostBytes + beside.lostBytes}\n`,
    );
    if (run > 0) measured.push({ drawn, nullMibPerS, beside, echoMs, quietEchoMs });
  }
  // Nothing of the null console came to the page.
  expect(await page.evaluate(() => (window as unknown as TappedWindow).terminalTap.received(1))).toBe(0);
  const electron = await app.electron.evaluate(() => process.versions.electron);
  await report({ t: 'measured', electron, runs: measured });
});

/** Makes the log in the guest's memory. @returns what one flood of it is, as the guest counts it */
async function prepare(machine: MachinePage): Promise<Sent> {
  const line = String.raw`\033[3%dm%06d\033[0m [%3d%%] \033[1mBuilding\033[22m object src/some/folder/file-%d.o\n`;
  // The terminal's driver ends each line with a return, too.
  await machine.type(
    `awk 'BEGIN{for(i=0;i<${LOG_LINES};i++) printf "${line}", i%8, i, i*100/${LOG_LINES}, i}' > /tmp/log; ` +
      String.raw`awk '{printf "%s\r\n", $0}' /tmp/log > /tmp/sent; ` +
      `flood() { i=0; while [ $i -lt ${LOG_COUNT} ]; do cat /tmp/$1; i=$((i+1)); done; }; ` +
      `PS1=; clear; flood sent | wc -c; flood sent | sha256sum\n`,
  );
  const counted = /^(\d+)\s+([0-9a-f]{64}) /m;
  await machine.shows(counted);
  const [, byteCount, sha256 = ''] = counted.exec(await machine.text()) ?? [];
  return { byteCount: Number(byteCount), sha256 };
}

/** Begins a flood of the terminal. Resolves when it is drawn. */
async function flood(page: Page, machine: MachinePage, number: number, to = ''): Promise<TapReading> {
  const reading = page.evaluate((id) => (window as unknown as TappedWindow).terminalTap.flood(id), number);
  // Pasted: key by key takes seconds. The marks are not in the line that is echoed.
  await machine.paste(`printf '<%s>' 'begin ${number}'; flood log${to}; printf '<%s>' 'end ${number}'\n`);
  return reading;
}

/** The same command, with the second console in place of the terminal: nobody has opened that. */
async function floodNobody(page: Page, machine: MachinePage, number: number, sent: Sent): Promise<number> {
  const { elapsedMs } = await flood(page, machine, number, ' > /dev/hvc1');
  return sent.byteCount / 2 ** 20 / (elapsedMs / 1000);
}

/** Types keys one after the other, each when the one before has been echoed, as long as that goes on. */
async function typeKeys(page: Page, machine: MachinePage, hasEnded: () => Promise<boolean>): Promise<number[]> {
  const echoes: number[] = [];
  await machine.terminal().locator('textarea').focus();
  const take = async (): Promise<void> => {
    echoes.push(...(await page.evaluate(() => (window as unknown as TappedWindow).terminalTap.takeEchoes())));
  };
  await take();
  echoes.length = 0;
  for (let key = 1; key <= KEYS && !(await hasEnded()); key += 1) {
    await page.keyboard.press(key % 40 === 0 ? 'Enter' : 'x');
    await expect(async () => {
      await take();
      expect(echoes.length).toBeGreaterThanOrEqual(key);
    }).toPass({ intervals: [20] });
  }
  return echoes;
}

function floodOf(reading: TapReading, sent: Sent): Flood {
  const { byteCount, sha256, elapsedMs, undrawnBytes, frameMs } = reading;
  if (byteCount === sent.byteCount) expect(sha256, 'every byte is the guest’s').toBe(sent.sha256);
  return {
    mibPerS: byteCount / 2 ** 20 / (elapsedMs / 1000),
    lostBytes: Math.abs(sent.byteCount - byteCount) + undrawnBytes,
    frameMs,
  };
}

function p95(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * 0.95) - 1] ?? Number.NaN;
}
