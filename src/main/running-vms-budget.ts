import type { VmRecord } from '../shared/model/vm.ts';
import { budgetExcess, type VmBudget } from '../shared/model/vm-budget.ts';
import { FailureError } from '../shared/result.ts';

/**
 * The page asks before it launches, and offers what to do; this is for one that does not.
 * @param running the memory of each that has a machine, in MiB
 * @throws FailureError `limit`
 */
export function refuseBeyondBudget(
  vm: Pick<VmRecord, 'name' | 'memoryMib'>,
  running: readonly number[],
  budget: VmBudget,
): void {
  const excess = budgetExcess(running, vm.memoryMib, budget);
  if (excess === null) return;
  const why =
    excess.kind === 'count'
      ? `${excess.runningCount} VMs are running, and ${excess.maxCount} may`
      : `the running VMs would take ${excess.wouldTakeMib} MiB of memory together, and may take ${excess.maxMib} MiB`;
  throw new FailureError(
    'limit',
    `“${vm.name}” was not launched: ${why}. Suspend one of them, or raise the limit in the settings.`,
  );
}
