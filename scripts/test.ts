import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { FailureError } from '../src/shared/result.ts';
import { ensureBuilt } from './setup/app-build.ts';
import { PROJECT_ROOT, runInTerminal, runNpmScript } from './setup/child.ts';
import { hasDisplay, startVirtualDisplay, type VirtualDisplay } from './setup/display.ts';
import { runScript, setup } from './setup/setup.ts';
import { duration, type Terminal } from './setup/terminal.ts';
import { playwrightCounts, vitestCounts, type Counts } from './setup/test-counts.ts';

const STAGES = ['check', 'unit', 'e2e'] as const;
type Stage = (typeof STAGES)[number];

interface Outcome {
  readonly stage: Stage;
  readonly passed: boolean;
  readonly counts: Counts | null;
  readonly ms: number;
}

/** `npm test`: set-up, build, then format, lint and types, then the unit tests, then the app in a real Electron. */
void runScript(async (signal, terminal) => {
  const stages = chosenStages();
  const electron = await setup({ tests: true, signal, terminal });
  // The unit tests and the checks do not look at out/.
  if (stages.includes('e2e')) await ensureBuilt(terminal);
  signal.throwIfAborted();

  const scratch = await mkdtemp(path.join(tmpdir(), 'terrarium-test-'));
  const env = {
    // The user's own machines are nobody's test data.
    TERRARIUM_HOME: path.join(scratch, 'home'),
    TERRARIUM_ELECTRON_PATH: electron.electronPath,
    ELECTRON_RUN_AS_NODE: undefined,
  };
  const outcomes: Outcome[] = [];
  try {
    for (const stage of stages) {
      terminal.say(`\n== ${stage}`);
      const startedMs = Date.now();
      const { exitCode, counts } = await runStage(stage, env, scratch, terminal);
      signal.throwIfAborted();
      outcomes.push({ stage, counts, passed: exitCode === 0, ms: Date.now() - startedMs });
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return summarize(outcomes, electron.version);
});

function chosenStages(): readonly Stage[] {
  const { values } = parseArgs({ options: { only: { type: 'string', multiple: true } } });
  const only = values.only ?? [];
  const unknown = only.find((name) => !STAGES.some((stage) => stage === name));
  if (unknown !== undefined) {
    throw new FailureError('bad-input', `--only takes ${STAGES.join(', ')}, not "${unknown}".`);
  }
  return only.length === 0 ? STAGES : STAGES.filter((stage) => only.includes(stage));
}

async function runStage(
  stage: Stage,
  env: Readonly<Record<string, string | undefined>>,
  scratch: string,
  terminal: Terminal,
): Promise<{ exitCode: number; counts: Counts | null }> {
  const report = path.join(scratch, `${stage}.json`);
  const script = (file: string): string => path.join(PROJECT_ROOT, 'node_modules', file);
  if (stage === 'check') return { exitCode: await runNpmScript('check', env), counts: null };
  if (stage === 'unit') {
    const args = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const exitCode = await runInTerminal(process.execPath, [script('vitest/vitest.mjs'), ...args], env);
    return { exitCode, counts: await vitestCounts(report) };
  }
  const display = hasDisplay() ? null : await startDisplay(terminal);
  try {
    const exitCode = await runInTerminal(
      process.execPath,
      [script('@playwright/test/cli.js'), 'test', '--reporter=list,json'],
      { ...env, PLAYWRIGHT_JSON_OUTPUT_FILE: report, ...(display === null ? {} : { DISPLAY: display.name }) },
    );
    return { exitCode, counts: await playwrightCounts(report) };
  } finally {
    await display?.stop();
  }
}

async function startDisplay(terminal: Terminal): Promise<VirtualDisplay> {
  const display = await startVirtualDisplay();
  terminal.say(`There is no display, so the windows open on Xvfb ${display.name}.`);
  return display;
}

function summarize(outcomes: readonly Outcome[], electronVersion: string): number {
  const out = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };
  out(`\nElectron ${electronVersion}, Node ${process.versions.node}`);
  let passed = 0;
  let failed = 0;
  for (const { stage, counts, passed: good, ms } of outcomes) {
    const retried = counts === null || counts.retried === 0 ? '' : `, ${counts.retried} of them on a second try`;
    const tests =
      counts === null ? '' : `, ${counts.passed} passed${retried}, ${counts.failed} failed, ${counts.skipped} skipped`;
    out(`${stage.padEnd(6)} ${good ? 'ok' : 'FAILED'} in ${duration(ms)}${tests}`);
    passed += counts?.passed ?? 0;
    failed += counts?.failed ?? 0;
    // A stage that fails without a failing test (a file that does not load, a lint error) counts as one.
    if (!good && (counts === null || counts.failed === 0)) failed += 1;
  }
  out(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}
