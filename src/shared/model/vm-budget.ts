import type { Settings } from './settings.ts';

/** What running VMs may take of the computer, all together. */
export interface VmBudget {
  readonly memoryMib: number;
  readonly vmCount: number;
}

/** The computer they run on. */
export interface Host {
  readonly memoryMib: number;
  readonly cores: number;
}

/** An idle VM takes a few hundredths of a core, so this many leave most of it to one that works. */
const IDLE_VMS_PER_CORE = 8;
/** A person with one core and time to wait may have this many, too. */
const VMS_MIN = 8;
/** All of them live in one process, whose threads and address space end somewhere. */
const VMS_MAX = 64;

/**
 * What the settings allow, where 0 stands for what suits the computer: half of its memory, so that neither the app nor
 * anything else is swapped out, and as many VMs as can idle in it unnoticed.
 */
export function vmBudget(settings: Pick<Settings, 'memoryBudgetMib' | 'runningVmsMax'>, host: Host): VmBudget {
  const half = Math.floor(host.memoryMib / 2);
  const suits = Math.min(VMS_MAX, Math.max(VMS_MIN, IDLE_VMS_PER_CORE * host.cores));
  return {
    memoryMib: settings.memoryBudgetMib === 0 ? half : settings.memoryBudgetMib,
    vmCount: settings.runningVmsMax === 0 ? suits : settings.runningVmsMax,
  };
}

/** Why one more VM would be too many. */
export type BudgetExcess =
  | { readonly kind: 'count'; readonly runningCount: number; readonly maxCount: number }
  | { readonly kind: 'memory'; readonly wouldTakeMib: number; readonly maxMib: number };

/**
 * A single VM always fits, however small the computer is: a person chose its size.
 * @param running the memory of each that has a machine @returns null when one more fits
 */
export function budgetExcess(running: readonly number[], wantedMib: number, budget: VmBudget): BudgetExcess | null {
  if (running.length === 0) return null;
  if (running.length >= budget.vmCount)
    return { kind: 'count', runningCount: running.length, maxCount: budget.vmCount };
  const wouldTakeMib = running.reduce((sum, memoryMib) => sum + memoryMib, wantedMib);
  return wouldTakeMib > budget.memoryMib ? { kind: 'memory', wouldTakeMib, maxMib: budget.memoryMib } : null;
}
