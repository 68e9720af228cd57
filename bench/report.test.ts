import { describe, expect, it } from 'vitest';
import type { Measurement } from './figure.ts';
import { alignColumns, formatReport, reportOf, type Report } from './report.ts';

const MEASUREMENTS: Measurement[] = [
  { name: 'a', unit: 'ms', ours: [3, 1, 2], baseline: [10, 30, 20], baselineIs: 'the plain way', goal: '<=0.35' },
  { name: 'b-slow', unit: 'ms', ours: [90], baseline: [100], baselineIs: 'the plain way', goal: '<=0.35' },
  { name: 'idle', unit: '%', ours: [2.5], baseline: null, baselineIs: null, goal: null },
];

describe('alignColumns', () => {
  it('pads the first column right and the others left', () => {
    expect(
      alignColumns([
        ['name', 'n'],
        ['x', '100'],
      ]),
    ).toEqual(['name    n', 'x     100']);
  });
});

describe('formatReport', () => {
  it('shows each figure with its verdict, and the ranges', async () => {
    const text = formatReport(await reportOf('demo', MEASUREMENTS), MEASUREMENTS);
    expect(text).toMatch(/^a +2 ms +20 ms +0\.100 +<=0\.35 +pass +3$/m);
    expect(text).toMatch(/^b-slow +90 ms +100 ms +0\.900 +<=0\.35 +FAIL +1$/m);
    expect(text).toMatch(/^idle +2\.5 % +– +– +– +1$/m);
    expect(text).toContain('a: ours 1.0 to 3.0; baseline 10.0 to 30.0 (the plain way)');
    expect(text).toContain('idle: ours 2.5');
  });
});

describe('reportOf', () => {
  it('becomes one line of JSON with the machine it was measured on', async () => {
    const line = JSON.stringify(await reportOf('demo', MEASUREMENTS));
    expect(line).not.toContain('\n');
    const parsed = JSON.parse(line) as Report;
    expect(Object.keys(parsed)).toEqual(['bench', 'figures', 'machine']);
    expect(parsed.figures.map(({ pass }) => pass)).toEqual([true, false, true]);
    expect(parsed.machine.cpus).toBeGreaterThan(0);
  });
});
