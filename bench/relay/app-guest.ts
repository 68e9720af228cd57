import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ensureBuilt } from '../../scripts/setup/app-build.ts';
import { PROJECT_ROOT, runInTerminal } from '../../scripts/setup/child.ts';
import { hasDisplay, startVirtualDisplay } from '../../scripts/setup/display.ts';
import { resolveElectron, type ElectronRuntime } from '../../scripts/setup/electron-runtime.ts';
import { missingPackages } from '../../src/cli/doctor/system-packages.ts';
import { Terminal } from '../../scripts/setup/terminal.ts';
import { cacheRoot } from '../../src/images/packages/cache.ts';
import { FailureError, ok, toErr, type Result } from '../../src/shared/result.ts';
import type { AppGuestReport } from './app-guest-report.ts';
import type { GuestRuns } from './guest-transfer.ts';

export interface AppGuest {
  /** The version that ran the app. */
  readonly electron: string;
  readonly measured: GuestRuns;
}

const NOT_SET_UP = 'Electron or what it needs is not there: “npm run setup” sees to that.';

/**
 * The same transfers by a VM of the built app, its network card on the relay's own process. Playwright drives the app,
 * as in the tests of the whole.
 *
 * @returns why not, where Electron cannot be started
 * @throws Error when it can, and a transfer fails
 */
export async function transferInApp(runs: number): Promise<Result<AppGuest>> {
  const scratch = await mkdtemp(path.join(tmpdir(), 'terrarium-bench-'));
  try {
    const electron = await presentElectron();
    await ensureBuilt(new Terminal());
    const display = hasDisplay() ? null : await startVirtualDisplay();
    try {
      return ok(await drive(electron, runs, path.join(scratch, 'report.json'), display?.name ?? null));
    } finally {
      await display?.stop();
    }
  } catch (caught) {
    if (caught instanceof FailureError) return toErr(caught);
    throw caught;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** What set-up has put in place; a benchmark fetches and installs none of it. */
async function presentElectron(): Promise<ElectronRuntime> {
  const missing = process.platform === 'linux' ? await missingPackages(['app'], new AbortController().signal) : null;
  if (missing !== null && missing.length > 0) throw new FailureError('missing-tool', NOT_SET_UP);
  const context = {
    cacheRoot: cacheRoot(),
    // Given up before it begins: a runtime that is there is found, a download is not started.
    signal: AbortSignal.abort(),
    report: () => undefined,
    warn: () => undefined,
  };
  try {
    return await resolveElectron(context);
  } catch (cause) {
    if (cause instanceof FailureError && cause.code !== 'cancelled') throw cause;
    throw new FailureError('missing-tool', NOT_SET_UP, { cause });
  }
}

async function drive(
  { electronPath, version }: ElectronRuntime,
  runs: number,
  reportFile: string,
  display: string | null,
): Promise<AppGuest> {
  const exitCode = await runInTerminal(
    process.execPath,
    [
      path.join(PROJECT_ROOT, 'node_modules/@playwright/test/cli.js'),
      'test',
      '--config',
      path.join(PROJECT_ROOT, 'e2e/bench/playwright.config.ts'),
    ],
    {
      TERRARIUM_ELECTRON_PATH: electronPath,
      TERRARIUM_BENCH_RUNS: String(runs),
      TERRARIUM_BENCH_REPORT: reportFile,
      ELECTRON_RUN_AS_NODE: undefined,
      ...(display === null ? {} : { DISPLAY: display }),
    },
  );
  // Not the exit code first: a program that ends at once makes Playwright fail the test besides.
  const text = await readFile(reportFile, 'utf8').catch(() => null);
  const report = text === null ? null : (JSON.parse(text) as AppGuestReport);
  if (report?.t === 'not-started') {
    throw new FailureError('unsupported', `Electron ${version} could not be started: ${report.why}`);
  }
  if (exitCode !== 0 || report === null) throw new Error('The guest in the app failed; Playwright has said how.');
  return report;
}
