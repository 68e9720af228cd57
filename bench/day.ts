import { FailureError } from '../src/shared/result.ts';
import type { AppHoldings, DayReport } from './day/report.ts';
import type { Measurement } from './figure.ts';
import { measureInApp } from './in-app.ts';

const MINUTES = 30;
const BASELINE = 'the same app after its first rounds, with no VM, as after the last';
/** Compiled code and caches of Chromium's own come and go; what grows with each round shows as more than that. */
const MEMORY_GOAL = '<=1.15';
const COUNT_GOAL = '<=1';

const FIGURES: readonly { readonly of: keyof AppHoldings; readonly name: string; readonly goal: string | null }[] = [
  { of: 'pageHeapMib', name: 'page-heap', goal: MEMORY_GOAL },
  // V8 compiles what is run often: this grows up to what the source allows, and no further.
  { of: 'pageCodeMib', name: 'page-code', goal: null },
  { of: 'mainHeapMib', name: 'main-heap', goal: MEMORY_GOAL },
  { of: 'mainCodeMib', name: 'main-code', goal: null },
  { of: 'pageMib', name: 'page-memory', goal: MEMORY_GOAL },
  { of: 'mainMib', name: 'main-memory', goal: MEMORY_GOAL },
  { of: 'pageListeners', name: 'page-listeners', goal: COUNT_GOAL },
  { of: 'pageNodes', name: 'page-nodes', goal: COUNT_GOAL },
  { of: 'pageWorkers', name: 'page-workers', goal: COUNT_GOAL },
  { of: 'processes', name: 'processes', goal: COUNT_GOAL },
  { of: 'fileHandles', name: 'file-handles', goal: COUNT_GOAL },
  { of: 'sockets', name: 'sockets', goal: COUNT_GOAL },
];

/**
 * A working day in half an hour, in the real app: VMs are launched, typed in, split, snapshot, restored, forked, given
 * files and deleted, over and over. What the app holds on to afterwards is what leaks.
 * @param minutes how long; 30 unless given
 */
export async function benchDay(minutes: number | null): Promise<Measurement[]> {
  const measured = await measureInApp<DayReport>('day.spec.ts', minutes ?? MINUTES);
  if (!measured.ok) throw new FailureError(measured.error.code, measured.error.message);
  const { before, after, rounds } = measured.value;
  return [
    { name: 'rounds', unit: '', ours: [rounds], baseline: null, baselineIs: null, goal: null },
    ...FIGURES.map(({ of, name, goal }) => ({
      name,
      unit: of.endsWith('Mib') ? 'MiB' : '',
      ours: [after[of]],
      baseline: [before[of]],
      baselineIs: BASELINE,
      goal,
    })),
  ];
}
