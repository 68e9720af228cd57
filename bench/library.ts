import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { copyHome } from '../scripts/test-home.ts';
import { debianPackages } from '../src/images/packages/apt/debian-packages.ts';
import { cacheRoot } from '../src/images/packages/cache.ts';
import { FailureError } from '../src/shared/result.ts';
import { adoptedMachine, debianImage, type BenchImage } from './bench-images.ts';
import { percentile } from './exec.ts';
import type { Measurement } from './figure.ts';
import { interleave } from './interleave.ts';
import { borgKeeper } from './library/borg.ts';
import { compareKeepers } from './library/compare.ts';
import type { LineageState } from './library/lineage.ts';
import { LINEAGE_PACKAGES } from './library/lineage-steps.ts';
import { timeListing } from './library/list-time.ts';
import { ourKeeper } from './library/ours.ts';
import { ourRunningKeeper } from './library/ours-running.ts';
import { buildStorePrograms, type StorePrograms } from './library/programs.ts';
import { againstTool, besideTool, sumOf } from './library/results.ts';
import { resticKeeper } from './library/restic.ts';
import { BORG, findOrFetch, RESTIC, type Tool } from './library/tools.ts';
import type { PlainMachine } from './runner-protocol.ts';
import { Runner } from './runner.ts';

const RUNS = 5;
const PAUSES = 20;
const PLAIN_SAVE = 'v86’s own save_state of the same guest at the same work';
const PLAIN_RESTORE = 'plain V86 + restore_state of the whole file, the same guest, in a worker that runs already';

/**
 * The library with ten states of a Debian machine that are made now: what they take on disk, how long they take to save
 * and to restore beside restic and borg, and what a save and a restore cost the machine itself beside v86's own.
 */
export async function benchLibrary(runs: number | null): Promise<Measurement[]> {
  const tools = { restic: await findOrFetch(RESTIC), borg: await findOrFetch(BORG) };
  process.stderr.write(`beside ${tools.restic.version.split(' compiled')[0] ?? ''} and ${tools.borg.version}\n`);
  const built = await debianImage(true);
  if (!built) throw new FailureError('internal', 'The image debian was built and is not there.');
  const image = { ...built, home: await copyHome(built.home) };
  const scratch = await mkdtemp(path.join(tmpdir(), 'terrarium-bench-'));
  try {
    const states = await capture(image, scratch);
    const last = states.at(-1);
    if (!last) throw new FailureError('internal', 'The lineage has no states.');
    const plainFolder = path.join(scratch, 'plain');
    const plain = await withRunner((runner) => adoptedMachine(image, last.rawPath, plainFolder, runner));
    const programs = await buildStorePrograms();
    return [
      ...(await measureKeepers(tools, programs, states, runs ?? RUNS, scratch)),
      ...(await measurePauses(image, last, plain, runs)),
      ...(await measureRestore(image, last, plain, runs ?? RUNS)),
      await measureListing(programs.programPath, last, runs ?? RUNS, scratch),
      ...ofCapture(states),
    ];
  } finally {
    await rm(scratch, { recursive: true, force: true });
    await rm(image.home, { recursive: true, force: true });
  }
}

async function capture({ home, manifest }: BenchImage, scratch: string): Promise<readonly LineageState[]> {
  const packages = await debianPackages({
    cacheRoot: cacheRoot(),
    signal: new AbortController().signal,
    report: () => undefined,
    warn: (sentence) => process.stderr.write(`bench: ${sentence}\n`),
  }).download([...LINEAGE_PACKAGES]);
  const rawFolder = path.join(scratch, 'raw');
  await mkdir(rawFolder);
  const files = packages.map((each) => each.path);
  return withRunner((runner) =>
    runner.run({ kind: 'capture', home, imageId: manifest.id, rawFolder, packages: files }),
  );
}

async function measureKeepers(
  tools: { restic: Tool; borg: Tool },
  programs: StorePrograms,
  states: readonly LineageState[],
  runs: number,
  scratch: string,
): Promise<Measurement[]> {
  const keepers = [ourKeeper(programs), ourRunningKeeper(programs), resticKeeper(tools.restic), borgKeeper(tools.borg)];
  const [ours = [], running = [], restic = [], borg = []] = await compareKeepers(keepers, states, runs, scratch);
  const rawMb = states.reduce((sum, { manifest }) => sum + manifest.sizeBytes, 0) / 1e6;
  return [
    ...againstTool('restic', tools.restic.version, ours, restic),
    ...againstTool('borg', tools.borg.version, ours, borg),
    ...besideTool('restic', tools.restic.version, running, restic),
    ...besideTool('borg', tools.borg.version, running, borg),
    sumOf('save-in-process', ours, ({ insideSaveMs }) => insideSaveMs),
    sumOf('restore-in-process', ours, ({ insideRestoreMs }) => insideRestoreMs),
    { name: 'states-raw', unit: 'MB', ours: [rawMb], baseline: null, baselineIs: null, goal: null },
  ];
}

async function measurePauses(
  { home, manifest }: BenchImage,
  last: LineageState,
  machine: PlainMachine,
  runs: number | null,
): Promise<Measurement[]> {
  const rounds = Math.max(PAUSES, runs ?? PAUSES);
  const job = { kind: 'pauses', home, imageId: manifest.id, stateId: last.manifest.id, machine, rounds } as const;
  const { oursMs, plainMs } = await withRunner((runner) => runner.run(job));
  const at = (name: string, share: number, goal: string | null): Measurement => ({
    name,
    unit: 'ms',
    ours: [percentile(oursMs, share)],
    baseline: [percentile(plainMs, share)],
    baselineIs: PLAIN_SAVE,
    goal,
    runs: oursMs.length,
  });
  return [at('pause-p95', 0.95, '<=0.35'), at('pause-p50', 0.5, null)];
}

async function measureRestore(
  { home, manifest }: BenchImage,
  last: LineageState,
  machine: PlainMachine,
  runs: number,
): Promise<Measurement[]> {
  const stateId = last.manifest.id;
  const { ours, baseline } = await withRunner((runner) =>
    interleave(
      runs,
      () => runner.run({ kind: 'launch', home, imageId: manifest.id, prepared: true, stateId }),
      () => runner.run({ kind: 'plain-launch', machine, prepared: true }),
      (run, a, b) => {
        const counted = run === 0 ? 'not counted' : `run ${run}`;
        const text = `${a.echoMs.toFixed(0)} ms, plain ${b.echoMs.toFixed(0)} ms`;
        process.stderr.write(`restore to echo, ${counted}: ${text}\n`);
      },
    ),
  );
  const each = (name: string, of: (times: (typeof ours)[number]) => number, goal: string | null): Measurement => ({
    name,
    unit: 'ms',
    ours: ours.map(of),
    baseline: baseline.map(of),
    baselineIs: PLAIN_RESTORE,
    goal,
  });
  return [
    each('restore-to-echo', ({ echoMs }) => echoMs, '<=0.35'),
    each('restore-to-running', ({ runningMs }) => runningMs, null),
  ];
}

async function measureListing(
  programPath: string,
  like: LineageState,
  runs: number,
  scratch: string,
): Promise<Measurement> {
  const ours = await timeListing(programPath, like, runs, scratch);
  return { name: 'list-1000-snapshots', unit: 'ms', ours, baseline: null, baselineIs: null, goal: '<=100' };
}

/** What the saves of the lineage itself took, from the wish to the durable state, beside a guest that runs on. */
function ofCapture(states: readonly LineageState[]): Measurement[] {
  const shared = { unit: 'ms', baseline: null, baselineIs: null, goal: null };
  return [
    { ...shared, name: 'save-of-a-running-machine', ours: states.map(({ savedMs }) => savedMs) },
    { ...shared, name: 'its-pause', ours: states.map(({ pauseMs }) => pauseMs) },
  ];
}

async function withRunner<T>(work: (runner: Runner) => Promise<T>): Promise<T> {
  const runner = await Runner.start();
  try {
    return await work(runner);
  } finally {
    await runner.stop();
  }
}
