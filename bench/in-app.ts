import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ensureBuilt } from '../scripts/setup/app-build.ts';
import { PROJECT_ROOT, runInTerminal } from '../scripts/setup/child.ts';
import { hasDisplay, startVirtualDisplay } from '../scripts/setup/display.ts';
import { resolveElectron, type ElectronRuntime } from '../scripts/setup/electron-runtime.ts';
import { Terminal } from '../scripts/setup/terminal.ts';
import { missingPackages } from '../src/cli/doctor/system-packages.ts';
import { cacheRoot } from '../src/images/packages/cache.ts';
import { FailureError, ok, toErr, type Result } from '../src/shared/result.ts';

const NOT_SET_UP = 'Electron or what it needs is not there: “npm run setup” sees to that.';

/** What a spec in e2e/bench leaves in the file that TERRARIUM_BENCH_REPORT names when the app did not come up. */
interface NotStarted {
  readonly t: 'not-started';
  readonly why: string;
}

/**
 * Has a spec of e2e/bench measure the built app. Playwright drives it, as in the tests of the whole.
 *
 * @param spec the spec's file name
 * @returns what the spec reported; why not, where Electron cannot be started
 * @throws Error when it can, and the spec fails
 */
export async function measureInApp<Report extends { readonly t: string }>(
  spec: string,
  runs: number,
): Promise<Result<Exclude<Report, NotStarted>>> {
  const scratch = await mkdtemp(path.join(tmpdir(), 'terrarium-bench-'));
  try {
    const electron = await presentElectron();
    await ensureBuilt(new Terminal());
    const display = hasDisplay() ? null : await startVirtualDisplay();
    try {
      const run = { spec, runs, reportFile: path.join(scratch, 'report.json'), display: display?.name ?? null };
      return ok(await drive<Exclude<Report, NotStarted>>(electron, run));
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

interface SpecRun {
  readonly spec: string;
  readonly runs: number;
  readonly reportFile: string;
  readonly display: string | null;
}

async function drive<Report>(
  { electronPath, version }: ElectronRuntime,
  { spec, runs, reportFile, display }: SpecRun,
): Promise<Report> {
  const exitCode = await runInTerminal(
    process.execPath,
    [
      path.join(PROJECT_ROOT, 'node_modules/@playwright/test/cli.js'),
      'test',
      '--config',
      path.join(PROJECT_ROOT, 'e2e/bench/playwright.config.ts'),
      spec,
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
  const report = text === null ? null : (JSON.parse(text) as Report | NotStarted);
  if (report !== null && isNotStarted(report)) {
    throw new FailureError('unsupported', `Electron ${version} could not be started: ${report.why}`);
  }
  if (exitCode !== 0 || report === null) throw new Error(`${spec} failed in the app; Playwright has said how.`);
  return report;
}

function isNotStarted(report: unknown): report is NotStarted {
  return (report as Partial<NotStarted>).t === 'not-started';
}
