import { describe, expect, it } from 'vitest';
import { StepTimes } from './build-steps.ts';

describe('StepTimes', () => {
  it('adds up what each step took, also one that is returned to', () => {
    const times = new StepTimes();
    times.at('Packages', 10);
    times.at('Packages', 15);
    times.at('Files', 30);
    times.at('Packages', 31);
    times.end(36);
    times.end(100);
    expect([...times.all()]).toEqual([
      ['Packages', 25],
      ['Files', 1],
    ]);
  });

  it('knows no step before the first', () => {
    const times = new StepTimes();
    times.end(5);
    expect(times.all().size).toBe(0);
  });
});
