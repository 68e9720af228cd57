import { FailureError } from '../src/shared/result.ts';
import type { AppHoldings, DayReport, ProcessMemory } from './day/report.ts';
import type { Measurement } from './figure.ts';
import { measureInApp } from './in-app.ts';

const MINUTES = 30;
const MORNING = 'the same app after its first rounds, with no VM, as after the last';
const NOON = 'the same app half-way, with no VM, as after the last';
/** Caches come and go; what grows with each round shows as more than that. */
const MEMORY_GOAL = '<=1.15';
const COUNT_GOAL = '<=1';

const FIGURES: readonly Kept[] = [
  { of: 'pageHeapMib', name: 'page-heap', goal: MEMORY_GOAL },
  // V8 compiles what is run often: this grows up to what the source allows, and no further.
  { of: 'pageCodeMib', name: 'page-code', goal: null },
  { of: 'mainHeapMib', name: 'main-heap', goal: MEMORY_GOAL },
  { of: 'mainCodeMib', name: 'main-code', goal: null },
  // A process keeps some of what it once needed at the busiest moment; whether it grows on is asked from noon on.
  { of: 'pageMib', name: 'page-memory', goal: null },
  { of: 'mainMib', name: 'main-memory', goal: null },
  { of: 'pageListeners', name: 'page-listeners', goal: COUNT_GOAL },
  { of: 'pageNodes', name: 'page-nodes', goal: COUNT_GOAL },
  { of: 'pageWorkers', name: 'page-workers', goal: COUNT_GOAL },
  { of: 'processes', name: 'processes', goal: COUNT_GOAL },
  { of: 'fileHandles', name: 'file-handles', goal: COUNT_GOAL },
  { of: 'sockets', name: 'sockets', goal: COUNT_GOAL },
];
const AFTERNOON: readonly Kept<keyof ProcessMemory>[] = [
  { of: 'pageMib', name: 'page-memory-afternoon', goal: MEMORY_GOAL },
  { of: 'mainMib', name: 'main-memory-afternoon', goal: MEMORY_GOAL },
];

interface Kept<Key extends keyof AppHoldings = keyof AppHoldings> {
  readonly of: Key;
  readonly name: string;
  readonly goal: string | null;
}

/**
 * A working day in half an hour, in the real app: VMs are launched, typed in, split, snapshot, restored, forked, given
 * files and deleted, over and over. What the app holds on to afterwards is what leaks.
 * @param minutes how long; 30 unless given
 */
export async function benchDay(minutes: number | null): Promise<Measurement[]> {
  const measured = await measureInApp<DayReport>('day.spec.ts', minutes ?? MINUTES);
  if (!measured.ok) throw new FailureError(measured.error.code, measured.error.message);
  const { before, noon, after, rounds } = measured.value;
  const figure = ({ of, name, goal }: Kept, baseline: number, baselineIs: string): Measurement => ({
    name,
    unit: of.endsWith('Mib') ? 'MiB' : '',
    ours: [after[of]],
    baseline: [baseline],
    baselineIs,
    goal,
  });
  return [
    { name: 'rounds', unit: '', ours: [rounds], baseline: null, baselineIs: null, goal: null },
    ...FIGURES.map((kept) => figure(kept, before[kept.of], MORNING)),
    ...AFTERNOON.map((kept) => figure(kept, noon[kept.of], NOON)),
  ];
}
