import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { budgetExcess, vmBudget } from './vm-budget.ts';

const AUTOMATIC = { memoryBudgetMib: 0, runningVmsMax: 0 };

describe('what running VMs may take', () => {
  it('is half of the memory, and as many as the processor idles, unless a person says otherwise', () => {
    expect(vmBudget(AUTOMATIC, { memoryMib: 24_105, cores: 2 })).toEqual({ memoryMib: 12_052, vmCount: 16 });
    expect(vmBudget(AUTOMATIC, { memoryMib: 4096, cores: 1 })).toEqual({ memoryMib: 2048, vmCount: 8 });
    expect(vmBudget(AUTOMATIC, { memoryMib: 262_144, cores: 64 })).toEqual({ memoryMib: 131_072, vmCount: 64 });
    expect(vmBudget({ memoryBudgetMib: 300, runningVmsMax: 2 }, { memoryMib: 4096, cores: 8 })).toEqual({
      memoryMib: 300,
      vmCount: 2,
    });
  });

  it('is exceeded by one VM too many, or by its memory', () => {
    const budget = { memoryMib: 256, vmCount: 3 };
    expect(budgetExcess([128], 128, budget)).toBeNull();
    expect(budgetExcess([128], 129, budget)).toEqual({ kind: 'memory', wouldTakeMib: 257, maxMib: 256 });
    expect(budgetExcess([48, 48, 48], 48, budget)).toEqual({ kind: 'count', runningCount: 3, maxCount: 3 });
  });

  it('never keeps a single VM from running, and is never exceeded by what fitted', () => {
    const size = fc.integer({ min: 48, max: 2047 });
    fc.assert(
      fc.property(
        fc.array(size),
        fc.integer({ min: 1, max: 10_000 }),
        fc.integer({ min: 1, max: 9 }),
        (wanted, memoryMib, vmCount) => {
          const running: number[] = [];
          for (const memory of wanted)
            if (budgetExcess(running, memory, { memoryMib, vmCount }) === null) running.push(memory);
          const sum = running.reduce((total, one) => total + one, 0);
          expect(running.length).toBeLessThanOrEqual(vmCount);
          expect(running.length > 0).toBe(wanted.length > 0);
          if (running.length > 1) expect(sum).toBeLessThanOrEqual(memoryMib);
        },
      ),
    );
  });
});
