import { tinyImage } from '../bench-images.ts';
import type { Measurement } from '../figure.ts';
import { machineParts } from '../../scripts/test-home.ts';
import { transferInApp } from './app-guest.ts';
import { BenchProcess } from './bench-process.ts';
import { transferRuns, type GuestRun, type GuestRuns } from './guest-transfer.ts';
import type { MachineJobs } from './protocol.ts';

const TRANSFER_MIB = 128;
const DIRECTIONS = ['down', 'up'] as const;

/** 528 and 360 Mbit/s: the best anyone has reported of a guest in v86. Theirs, on another machine. */
const PUBLISHED_MIB_PER_S = { down: 62.9, up: 42.9 } as const;
const PUBLISHED = 'the best published for v86, not measured here';

/** What a real guest gets out of the relay: headless, then in the app. */
export async function measureRealGuest(runs: number): Promise<Measurement[]> {
  const headless = await transferHeadless(runs);
  const figures = DIRECTIONS.flatMap((direction) => [
    rateFigure(`guest-${direction}`, headless[direction], [PUBLISHED_MIB_PER_S[direction]], PUBLISHED),
    ...shareFigures(`guest-${direction}`, headless[direction]),
  ]);
  const inApp = await transferInApp(runs);
  if (!inApp.ok) {
    const [why] = inApp.error.message.split('\n');
    process.stderr.write(`bench: the guest in the app was left out. ${why}\n`);
    return figures;
  }
  const { measured, electron } = inApp.value;
  const baselineIs = `the headless guest, minutes before in this run; the app runs on Electron ${electron}`;
  return [
    ...figures,
    ...DIRECTIONS.flatMap((direction) => [
      rateFigure(`guest-${direction}-in-app`, measured[direction], ratesOf(headless[direction]), baselineIs),
      ...shareFigures(`guest-${direction}-in-app`, measured[direction]),
    ]),
  ];
}

/** The guest's relay runs as a thread of the same process. */
async function transferHeadless(runs: number): Promise<GuestRuns> {
  const { home, manifest } = await tinyImage();
  const machine = await BenchProcess.start<MachineJobs>('machine-process.ts', ['relay-thread.ts']);
  try {
    await machine.run('start', { parts: await machineParts(), home, imageId: manifest.id });
    const guest = {
      type: async (line: string) => {
        await machine.run('type', { line });
      },
      usage: async () => {
        const { cpuMs, relayCpuMs } = await machine.run('usage', {});
        // Whatever else that process does is the emulator.
        return { relayCpuMs, emulatorCpuMs: relayCpuMs === null ? null : cpuMs - relayCpuMs };
      },
    };
    return await transferRuns(guest, { runs, transferMib: TRANSFER_MIB, place: '' });
  } finally {
    await machine.stop();
  }
}

function rateFigure(
  name: string,
  runs: readonly GuestRun[],
  baseline: readonly number[],
  baselineIs: string,
): Measurement {
  return { name, unit: 'MiB/s', ours: ratesOf(runs), baseline, baselineIs, goal: null };
}

function ratesOf(runs: readonly GuestRun[]): number[] {
  return runs.map(({ mibPerS }) => mibPerS);
}

/** None where the system does not tell. */
function shareFigures(name: string, runs: readonly GuestRun[]): Measurement[] {
  const parts = [
    { part: 'relay-cpu', of: (run: GuestRun) => run.relayCpuPercent },
    { part: 'emulator-cpu', of: (run: GuestRun) => run.emulatorCpuPercent },
  ];
  return parts.flatMap(({ part, of }) => {
    const ours = runs.map(of).filter((value) => value !== null);
    if (ours.length === 0) return [];
    return [{ name: `${name}-${part}`, unit: '% of a core', ours, baseline: null, baselineIs: null, goal: null }];
  });
}
