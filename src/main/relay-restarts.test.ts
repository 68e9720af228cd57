import { describe, expect, it } from 'vitest';
import { planRestart, QUICK_DEATH_MS, type RestartPlan } from './relay-restarts.ts';

describe('planRestart', () => {
  it('starts a relay that had lived at once', () => {
    expect(planRestart(0, QUICK_DEATH_MS)).toEqual({ quickDeaths: 0, delayMs: 0, phase: 'restarting' });
    expect(planRestart(7, QUICK_DEATH_MS)).toEqual({ quickDeaths: 0, delayMs: 0, phase: 'restarting' });
  });

  it('waits longer each time for one that keeps ending, up to a bound, and says so', () => {
    const plans: RestartPlan[] = [];
    for (let death = 0; death < 12; death++) plans.push(planRestart(plans.at(-1)?.quickDeaths ?? 0, 10));
    expect(plans.map((plan) => plan.delayMs)).toEqual([
      0, 250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000, 30_000,
    ]);
    expect(plans.map((plan) => plan.phase).indexOf('failed')).toBe(4);
    expect(plans.slice(4).every((plan) => plan.phase === 'failed')).toBe(true);
  });
});
