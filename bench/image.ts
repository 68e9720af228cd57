import { alpineImage, buildTiny, debianImage, plainMachine, tinyImage, type BenchImage } from './bench-images.ts';
import type { Measurement } from './figure.ts';
import { StepTimes } from './image/build-steps.ts';
import { interleave } from './interleave.ts';
import type { PlainMachine } from './runner-protocol.ts';
import { Runner } from './runner.ts';

const RUNS = 5;
const BUILDS = 3;
const PLAIN = 'plain V86 + restore_state';
const PLAIN_FILES = `${PLAIN}, files by its own storage over HTTP on this host`;
const FIND = 'find / -xdev >/dev/null';
/** What a first small script of a person asks for: 120 files of 12 MB. */
const PYTHON = "python3 -c 'import json,http.client,asyncio'";

/**
 * Images in use: how long they take to build and to start, and the first work in a fresh machine, whose files all have to
 * come from the host.
 */
export async function benchImage(runs: number | null, wantDebian: boolean): Promise<Measurement[]> {
  const images = [await tinyImage(), await alpineImage(), await debianImage(wantDebian)];
  const measurements = await measureBuilds();
  const runner = await Runner.start();
  try {
    for (const image of images) if (image) measurements.push(...(await measureImage(runner, image, runs ?? RUNS)));
  } finally {
    await runner.stop();
  }
  return measurements;
}

async function measureImage(runner: Runner, image: BenchImage, runs: number): Promise<Measurement[]> {
  const { home, manifest } = image;
  const { id: imageId, recipe } = manifest;
  const plain = await plainMachine(image, runner);
  const boots: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    boots.push((await runner.run({ kind: 'boot', home, imageId })).promptMs);
    process.stderr.write(`boot ${recipe}: ${(boots.at(-1) ?? 0).toFixed(0)} ms\n`);
  }
  const launches = await interleave(
    runs,
    () => runner.run({ kind: 'launch', home, imageId, prepared: true, stateId: null }),
    () => runner.run({ kind: 'plain-launch', machine: plain, prepared: true }),
    (run, a, b) => say(`launch ${recipe}`, run, a.echoMs, b.echoMs),
  );
  const measurements: Measurement[] = [
    { name: `boot-${recipe}`, unit: 'ms', ours: boots, baseline: null, baselineIs: null, goal: null },
    {
      name: `launch-${recipe}`,
      unit: 'ms',
      ours: launches.ours.map(({ echoMs }) => echoMs),
      baseline: launches.baseline.map(({ echoMs }) => echoMs),
      baselineIs: PLAIN,
      goal: null,
    },
    await measureFirst(runner, image, plain, { name: `first-find-${recipe}`, command: FIND, goal: null, runs }),
  ];
  if (!('python3' in manifest.packages)) return measurements;
  const python = { name: `first-python-${recipe}`, command: PYTHON, goal: '<=0.5', runs };
  return [...measurements, await measureFirst(runner, image, plain, python)];
}

/** A command, the first in each of many fresh machines. */
async function measureFirst(
  runner: Runner,
  { home, manifest: { id: imageId } }: BenchImage,
  machine: PlainMachine,
  { name, command, goal, runs }: { name: string; command: string; goal: string | null; runs: number },
): Promise<Measurement> {
  const { ours, baseline } = await interleave(
    runs,
    () => runner.run({ kind: 'typed', home, imageId, command }),
    () => runner.run({ kind: 'plain-typed', machine, command }),
    (run, a, b) => say(name, run, a.ms, b.ms),
  );
  const ms = (times: readonly { readonly ms: number }[]): number[] => times.map((time) => time.ms);
  return { name, unit: 'ms', ours: ms(ours), baseline: ms(baseline), baselineIs: PLAIN_FILES, goal };
}

/** Downloads and the kernel are in the cache: what is left is work of this machine. */
async function measureBuilds(): Promise<Measurement[]> {
  const steps = new Map<string, number[]>();
  const add = (name: string, ms: number): void => void steps.set(name, [...(steps.get(name) ?? []), ms]);
  for (let build = 0; build <= BUILDS; build += 1) {
    const times = new StepTimes();
    const began = performance.now();
    times.at('preparing', began);
    await buildTiny((step) => times.at(step, performance.now()));
    const ended = performance.now();
    times.end(ended);
    process.stderr.write(
      `build tiny, ${build === 0 ? 'not counted' : `run ${build}`}: ${(ended - began).toFixed(0)} ms\n`,
    );
    if (build === 0) continue;
    add('build-tiny', ended - began);
    for (const [step, ms] of times.all()) add(`build-tiny: ${step}`, ms);
  }
  return [...steps].map(([name, ours]) => ({ name, unit: 'ms', ours, baseline: null, baselineIs: null, goal: null }));
}

function say(what: string, run: number, oursMs: number, plainMs: number): void {
  const counted = run === 0 ? 'not counted' : `run ${run}`;
  process.stderr.write(`${what}, ${counted}: ${oursMs.toFixed(0)} ms, plain ${plainMs.toFixed(0)} ms\n`);
}
