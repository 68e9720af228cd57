import { debianImage, plainMachine, tinyVariant, type BenchImage } from './bench-images.ts';
import type { Measurement } from './figure.ts';
import { interleave } from './interleave.ts';
import type { IdleMachine, JobValue, PlainMachine } from './runner-protocol.ts';
import { Runner } from './runner.ts';

const RUNS = 7;
const MEMORY_MIB = 512;
/**
 * For about a minute V8 still compiles, on threads of its own, what the launch made hot; the guest's own
 * share is the later window.
 */
const IDLE_WINDOWS = [
  { name: 'idle-cpu-first-half-minute', fromMs: 6_000, toMs: 30_000 },
  { name: 'idle-cpu', fromMs: 75_000, toMs: 100_000 },
] as const;
const PLAIN = 'plain V86 + restore_state of the whole file';

/**
 * Launch from the base snapshot at 512 MiB to the first echo, and what an idle machine costs. Measured
 * as the app does it (both sides have a worker running with v86 loaded when the clock starts; ours has
 * the emulator in it that the app prepares) and with nothing prepared on either side.
 */
export async function benchLaunch(runs: number | null, wantDebian: boolean): Promise<Measurement[]> {
  const tiny = await tinyVariant('bench-tiny-512', { kernel: 'auto', memoryMib: MEMORY_MIB });
  const debian = await debianImage(wantDebian);
  const measurements = await measure(tiny, '', runs ?? RUNS);
  if (debian) measurements.push(...(await measure(debian, '-debian', runs ?? RUNS)));
  return measurements;
}

async function measure(image: BenchImage, suffix: string, runs: number): Promise<Measurement[]> {
  const plain = await withRunner((runner) => plainMachine(image, runner));
  return [
    ...(await measureLaunch(image, plain, suffix, runs, true)),
    ...(await measureLaunch(image, plain, `-new-worker${suffix}`, runs, false)),
    ...(await measureIdle(image, plain, suffix)),
  ];
}

async function measureLaunch(
  { home, manifest }: BenchImage,
  machine: PlainMachine,
  suffix: string,
  runs: number,
  prepared: boolean,
): Promise<Measurement[]> {
  const { ours, baseline } = await withRunner((runner) =>
    interleave(
      runs,
      () => runner.run({ kind: 'launch', home, imageId: manifest.id, prepared, stateId: null }),
      () => runner.run({ kind: 'plain-launch', machine, prepared }),
      (run, a, b) => {
        const counted = run === 0 ? 'not counted' : `run ${run}`;
        const text = `${a.echoMs.toFixed(0)} ms, plain ${b.echoMs.toFixed(0)} ms`;
        process.stderr.write(`launch ${manifest.recipe}, ${counted}: ${text}\n`);
      },
    ),
  );
  const shared = { unit: 'ms', baselineIs: prepared ? `${PLAIN}, in a worker that runs already` : PLAIN };
  return [
    {
      ...shared,
      name: `launch-to-echo${suffix}`,
      ours: ours.map(({ echoMs }) => echoMs),
      baseline: baseline.map(({ echoMs }) => echoMs),
      // The goal is set for the image tiny, as the app launches it; the other ways are shown beside it.
      goal: prepared && suffix === '' ? '<=0.35' : null,
    },
    {
      // How much of it passes before the guest's first instruction: worker, hashes, pages, devices.
      ...shared,
      name: `launch-to-running${suffix}`,
      ours: ours.map(({ runningMs }) => runningMs),
      baseline: baseline.map(({ runningMs }) => runningMs),
      goal: null,
    },
  ];
}

/**
 * Each in a process of its own, so that CPU time and memory are those of one machine; both at the same
 * time, since neither needs a core.
 */
async function measureIdle(
  { home, manifest }: BenchImage,
  machine: PlainMachine,
  suffix: string,
): Promise<Measurement[]> {
  const idle = (who: IdleMachine): Promise<JobValue<'idle'>> =>
    withRunner((runner) => runner.run({ kind: 'idle', windows: IDLE_WINDOWS, who }));
  process.stderr.write(`idle ${manifest.recipe}: 100 s\n`);
  const [ours, plain] = await Promise.all([
    idle({ kind: 'ours', home, imageId: manifest.id }),
    idle({ kind: 'plain', machine }),
  ]);
  const shared = { baselineIs: PLAIN, goal: null };
  return [
    ...IDLE_WINDOWS.map(({ name }, index) => ({
      ...shared,
      name: `${name}${suffix}`,
      unit: '% of a core',
      ours: ours.cpuPercents.slice(index, index + 1),
      baseline: plain.cpuPercents.slice(index, index + 1),
    })),
    { ...shared, name: `rss${suffix}`, unit: 'MiB', ours: [ours.rssMib], baseline: [plain.rssMib] },
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
