import { FailureError } from '../src/shared/result.ts';
import type { Measurement } from './figure.ts';
import type { IdleReport, IdleSample } from './idle/report.ts';
import { measureInApp } from './in-app.ts';

const RUNS = 3;
const GOAL_PERCENT = 3;
const COUNTS = [1, 4, 8] as const;
const WINDOWS = ['visible', 'hidden'] as const;

/**
 * VMs that nobody uses, in the real app: what each costs of a core beside an app without any, and of memory beside what
 * its guest uses.
 */
export async function benchIdle(runs: number | null): Promise<Measurement[]> {
  const measured = await measureInApp<IdleReport>('idle.spec.ts', runs ?? RUNS);
  if (!measured.ok) throw new FailureError(measured.error.code, measured.error.message);
  const samples = measured.value.measured;
  return WINDOWS.flatMap((window) => {
    const none = samplesOf(samples, 0, window);
    return [
      plain(`app-alone-${window}`, '% of a core', none.map(totalPercent)),
      ...COUNTS.flatMap((count) => figuresOf(count, window, samplesOf(samples, count, window), none)),
    ];
  });
}

function figuresOf(
  count: number,
  window: IdleSample['window'],
  some: readonly IdleSample[],
  none: readonly IdleSample[],
): Measurement[] {
  const name = `${count}-${window}`;
  const cpu = plain(
    `cpu-per-vm-${name}`,
    '% of a core',
    some.map((sample, run) => Math.max(0, totalPercent(sample) - totalPercent(none[run] ?? sample)) / count),
  );
  const memory: Measurement = {
    name: `memory-per-vm-${name}`,
    unit: 'MiB',
    ours: some.map((sample, run) => (sample.pageMib - (none[run]?.pageMib ?? 0)) / count),
    baseline: some.map(({ guestsMib }) => guestsMib / count),
    baselineIs: 'what the guest’s own kernel says it uses (MemTotal − MemAvailable)',
    goal: null,
  };
  return [{ ...cpu, goal: `<=${GOAL_PERCENT}` }, memory];
}

function samplesOf(samples: readonly IdleSample[], vmCount: number, window: string): readonly IdleSample[] {
  return samples.filter((sample) => sample.vmCount === vmCount && sample.window === window);
}

/** Of all processes of the app together: what the page saves, another may spend. */
function totalPercent({ processes }: IdleSample): number {
  const { page, main, gpu, others } = processes;
  return 100 * (page + main + gpu + others);
}

function plain(name: string, unit: string, ours: readonly number[]): Measurement {
  return { name, unit, ours, baseline: null, baselineIs: null, goal: null };
}
