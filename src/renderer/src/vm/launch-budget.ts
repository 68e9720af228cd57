import type { VmId } from '../../../shared/model/ids.ts';
import { MIB } from '../../../shared/model/limits.ts';
import type { VmRecord } from '../../../shared/model/vm.ts';
import { budgetExcess, type BudgetExcess, type VmBudget } from '../../../shared/model/vm-budget.ts';
import { formatSize } from '../text/format-size.ts';
import { t } from '../text/text.svelte.ts';
import { RemediableFailure, type NoticeAction } from './notices.ts';
import { FailureError } from '../../../shared/result.ts';
import type { VmSession } from './vm-session.svelte.ts';

/** What is looked at of a VM that has a machine. */
export type BudgetedVm = Pick<VmSession, 'id' | 'name' | 'state' | 'task' | 'suspend' | 'launch'> & {
  readonly load: { readonly idleMs: number };
};

export interface LaunchBudgetParts {
  /** Null as long as it is not known; main refuses what is too much then. */
  budget(): VmBudget | null;
  record(id: VmId): Pick<VmRecord, 'name' | 'memoryMib'> | undefined;
  /** Those that have a machine, or are about to. */
  live(): readonly BudgetedVm[];
  vm(id: VmId): BudgetedVm | undefined;
}

/** Lets a VM be launched, or says why that would be too much for this computer and which other one to suspend for it. */
export class LaunchBudget {
  readonly #parts: LaunchBudgetParts;

  constructor(parts: LaunchBudgetParts) {
    this.#parts = parts;
  }

  /** @throws FailureError `limit` */
  admit(id: VmId): void {
    const budget = this.#parts.budget();
    const record = this.#parts.record(id);
    if (budget === null || record === undefined) return;
    const others = this.#parts.live().filter((vm) => vm.id !== id);
    const excess = budgetExcess(
      others.map((vm) => this.#memoryOf(vm.id)),
      record.memoryMib,
      budget,
    );
    if (excess === null) return;
    const message = sentence(record.name, excess);
    const remedy = this.#remedy(id, others, excess);
    throw remedy === null ? new FailureError('limit', message) : new RemediableFailure('limit', message, remedy);
  }

  /** Suspends the VM that has done nothing for the longest time, of those that leave enough memory. */
  #remedy(id: VmId, others: readonly BudgetedVm[], excess: BudgetExcess): NoticeAction | null {
    const neededMib = excess.kind === 'memory' ? excess.wouldTakeMib - excess.maxMib : 0;
    const idlest = others
      .filter((vm) => vm.task === null && (vm.state.kind === 'running' || vm.state.kind === 'paused'))
      .filter((vm) => this.#memoryOf(vm.id) >= neededMib)
      .sort((a, b) => b.load.idleMs - a.load.idleMs)[0];
    if (idlest === undefined) return null;
    return {
      label: t('vms.suspend-and-launch', { name: idlest.name }),
      run: () => void idlest.suspend().then((isSuspended) => (isSuspended ? this.#parts.vm(id)?.launch() : false)),
    };
  }

  #memoryOf(id: VmId): number {
    return this.#parts.record(id)?.memoryMib ?? 0;
  }
}

function sentence(name: string, excess: BudgetExcess): string {
  if (excess.kind === 'count') return t('vms.over-count', { name, count: excess.runningCount });
  const [would, max] = [excess.wouldTakeMib, excess.maxMib].map((sizeMib) => formatSize(sizeMib * MIB));
  return t('vms.over-memory', { name, would: would ?? '', max: max ?? '' });
}
