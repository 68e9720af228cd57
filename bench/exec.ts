import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { machineParts } from '../scripts/test-home.ts';
import { plainMachine, tinyImage } from './bench-images.ts';
import { buildPrograms, timeProcess } from './exec/run-process.ts';
import type { Measurement } from './figure.ts';
import { interleave } from './interleave.ts';
import type { ExecTimes } from './runner-protocol.ts';
import { Runner } from './runner.ts';

/** `terrarium run` from process start to exit. */
const PROCESS_RUNS = 20;
const MACHINE_RUNS = 5;
const ROUNDS = 200;
const FILE_BYTES = 100_000_000;
const PLAIN = 'plain V86 + restore_state, the command typed on its console';

/** What it costs to run a command: in a process of its own, in a fresh fork, in a machine that runs; and files in and out. */
export async function benchExec(runs: number | null): Promise<Measurement[]> {
  const image = await tinyImage();
  const runner = await Runner.start();
  const folder = await mkdtemp(path.join(tmpdir(), 'terrarium-bench-'));
  try {
    const plain = await plainMachine(image, runner);
    const work = { rounds: ROUNDS, inputPath: path.join(folder, 'in'), outputPath: path.join(folder, 'out') };
    await writeFile(work.inputPath, randomBytes(FILE_BYTES));

    const programs = await buildPrograms();
    const { wasmPath } = await machineParts();
    const processes = await interleave(
      runs ?? PROCESS_RUNS,
      () => timeProcess([programs.cliPath, 'run', 'tiny', '--', 'true'], { TERRARIUM_HOME: image.home }),
      () => timeProcess([programs.plainPath, wasmPath, JSON.stringify(plain)]),
      (run, a, b) => process.stderr.write(`run ${run}: ${a.toFixed(0)} ms, plain ${b.toFixed(0)} ms\n`),
    );
    const { home, manifest } = image;
    const machines = await interleave(
      Math.min(runs ?? MACHINE_RUNS, MACHINE_RUNS),
      () => runner.run({ kind: 'exec', home, imageId: manifest.id, work }),
      () => runner.run({ kind: 'plain-exec', machine: plain, work }),
      (run, a, b) => process.stderr.write(`exec ${run}: ${short(a)}; plain ${short(b)}\n`),
    );
    return [
      {
        name: 'run-true',
        unit: 'ms',
        ours: processes.ours,
        baseline: processes.baseline,
        baselineIs: PLAIN,
        goal: null,
      },
      ...measured(machines.ours, machines.baseline),
    ];
  } finally {
    await runner.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function measured(ours: readonly ExecTimes[], plain: readonly ExecTimes[]): Measurement[] {
  const each = (name: string, unit: string, of: (times: ExecTimes) => number): Measurement => ({
    name,
    unit,
    ours: ours.map(of),
    baseline: plain.map(of),
    baselineIs: PLAIN,
    goal: null,
  });
  const perSecond = (ms: number): number => FILE_BYTES / 1e6 / (ms / 1000);
  return [
    each('fork-to-first-byte', 'ms', ({ forkToByteMs }) => forkToByteMs),
    { ...each('exec-p50', 'ms', ({ commandMs }) => percentile(commandMs, 0.5)), ...againstEcho(0.5, ours) },
    { ...each('exec-p99', 'ms', ({ commandMs }) => percentile(commandMs, 0.99)), ...againstEcho(0.99, ours) },
    each('exec-in-a-fresh-fork-p50', 'ms', ({ freshCommandMs }) => percentile(freshCommandMs, 0.5)),
    each('exec-against-typing', 'ms', ({ commandMs }) => percentile(commandMs, 0.5)),
    each('echo-p50', 'ms', ({ echoMs }) => percentile(echoMs, 0.5)),
    each('import-100-mb', 'MB/s', ({ importMs }) => perSecond(importMs)),
    each('export-100-mb', 'MB/s', ({ exportMs }) => perSecond(exportMs)),
  ];
}

/** The goal is three times what a bare console echo was measured to take, 10 ms. */
function againstEcho(
  share: number,
  ours: readonly ExecTimes[],
): Pick<Measurement, 'ours' | 'baseline' | 'baselineIs' | 'goal'> {
  return {
    ours: ours.map(({ commandMs }) => percentile(commandMs, share)),
    baseline: null,
    baselineIs: null,
    goal: '<=30',
  };
}

/** The value below which that share of the values lies. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

function short({ forkToByteMs, commandMs, echoMs, importMs, exportMs }: ExecTimes): string {
  const [command, echo] = [commandMs, echoMs].map((times) => percentile(times, 0.5).toFixed(1));
  return `first byte ${forkToByteMs.toFixed(0)}, command ${command}, echo ${echo}, in ${importMs.toFixed(0)}, out ${exportMs.toFixed(0)} ms`;
}
