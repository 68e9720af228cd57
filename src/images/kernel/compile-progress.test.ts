import { describe, expect, it } from 'vitest';
import { CompileProgress } from './compile-progress.ts';

describe('CompileProgress', () => {
  it('counts object files and judges the time left by the pace', () => {
    const progress = new CompileProgress(0, 0);
    for (let index = 0; index < 200; index += 1) progress.line(`  CC      mm/file${index}.o`);
    progress.line('  AR      mm/built-in.a');
    const { fraction, detail, remainingMs } = progress.at(60_000);
    expect(fraction).toBeCloseTo(0.22, 1);
    expect(detail).toBe('file 200 of about 863: mm/file199.o');
    expect(remainingMs).toBeGreaterThan(150_000);
    expect(remainingMs).toBeLessThan(300_000);
  });

  it('judges a resumed build by what it did itself', () => {
    const progress = new CompileProgress(800, 0);
    for (let index = 0; index < 30; index += 1) progress.line(`  CC      net/file${index}.o`);
    const { fraction, remainingMs } = progress.at(10_000);
    expect(fraction).toBeGreaterThan(0.9);
    expect(remainingMs).toBeLessThan(60_000);
  });

  it('never goes past the end or back', () => {
    const progress = new CompileProgress(2000, 0);
    expect(progress.at(0).fraction).toBeLessThanOrEqual(1);
    progress.line('  LD      vmlinux');
    expect(progress.at(1).fraction).toBeGreaterThanOrEqual(0.95);
  });
});
