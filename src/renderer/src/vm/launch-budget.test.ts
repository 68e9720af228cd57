import { describe, expect, it } from 'vitest';
import type { VmId } from '../../../shared/model/ids.ts';
import type { VmState } from '../../../shared/model/vm.ts';
import { LaunchBudget, type BudgetedVm } from './launch-budget.ts';
import { RemediableFailure } from './notices.ts';

const MEMORY: Readonly<Record<string, number>> = { web: 128, db: 256, build: 128, new: 128 };
const done: string[] = [];

function vm(id: string, idleMs: number, kind: 'running' | 'paused' | 'starting' = 'running'): BudgetedVm {
  const told = (what: string) => () => {
    done.push(`${what} ${id}`);
    return Promise.resolve(true);
  };
  const state: VmState = { kind };
  return {
    id: id as VmId,
    name: id,
    state,
    task: null,
    load: { idleMs },
    suspend: told('suspend'),
    launch: told('launch'),
  };
}

function admitting(
  id: string,
  live: readonly BudgetedVm[],
  budget: { memoryMib: number; vmCount: number } | null,
): unknown {
  const parts = {
    budget: () => budget,
    record: (of: VmId) => ({ name: of, memoryMib: MEMORY[of] ?? 0 }),
    live: () => live,
    vm: (of: VmId) => vm(of, 0),
  };
  try {
    new LaunchBudget(parts).admit(id as VmId);
    return null;
  } catch (caught) {
    return caught;
  }
}

describe('LaunchBudget', () => {
  it('admits what fits, and everything until the budget is known', () => {
    expect(admitting('new', [vm('web', 0)], { memoryMib: 256, vmCount: 2 })).toBeNull();
    expect(admitting('new', [vm('web', 0), vm('db', 0)], null)).toBeNull();
    // One that is launched again does not count against itself.
    expect(admitting('web', [vm('web', 0)], { memoryMib: 128, vmCount: 1 })).toBeNull();
  });

  it('names the VM that has been idle longest, and suspends it for the new one', async () => {
    const live = [vm('web', 10), vm('build', 5000), vm('db', 9000, 'starting')];
    const refused = admitting('new', live, { memoryMib: 4096, vmCount: 3 });
    expect(refused).toMatchObject({ code: 'limit', message: expect.stringContaining('3 VMs are running') });
    const { remedy } = refused as RemediableFailure;
    expect(remedy.label).toBe('Suspend build and launch');
    remedy.run();
    await expect.poll(() => done).toEqual(['suspend build', 'launch new']);
  });

  it('suspends only what leaves enough memory, and offers nothing where none does', () => {
    const budget = { memoryMib: 384, vmCount: 9 };
    const refused = admitting('db', [vm('web', 9000), vm('db', 0), vm('build', 10), vm('new', 1)], budget);
    expect(refused).toMatchObject({
      message: expect.stringContaining('640 MiB of memory together, and may take 384 MiB'),
    });
    expect(refused).not.toBeInstanceOf(RemediableFailure);
    expect(admitting('new', [vm('web', 9000), vm('db', 1)], budget)).toMatchObject({
      remedy: { label: 'Suspend web and launch' },
    });
  });
});
