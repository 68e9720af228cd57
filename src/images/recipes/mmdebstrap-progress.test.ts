import { describe, expect, it } from 'vitest';
import { MmdebstrapProgress } from './mmdebstrap-progress.ts';

const LISTS = ['I: running apt-get update...', 'Get:1 http://host/debian bookworm InRelease [151 kB]'];
const set = (names: readonly string[]): string[] => [
  `0 upgraded, ${names.length} newly installed, 0 to remove and 0 not upgraded.`,
  ...names.map((name, at) => `Get:${at + 1} http://host/debian bookworm/main i386 ${name} i386 1.0 [1 kB]`),
  ...names.map((name) => `Unpacking ${name}:i386 (1.0) ...`),
  ...names.map((name) => `Setting up ${name}:i386 (1.0) ...`),
];

function fractions(lines: readonly string[]): number[] {
  const progress = new MmdebstrapProgress(0);
  return lines.map((line) => {
    progress.line(line);
    return progress.at(1000).fraction ?? Number.NaN;
  });
}

describe('the progress of mmdebstrap', () => {
  it('goes from nothing to nearly all, and never back', () => {
    const seen = fractions([...LISTS, ...set(['libc6', 'dpkg']), ...set(['python3', 'git', 'curl'])]);
    expect(seen[1]).toBe(0);
    expect(seen.at(-1)).toBeCloseTo(0.96);
    expect([...seen].sort((a, b) => a - b)).toEqual(seen);
  });

  it('says how long from the packages there are, and which one it is at', () => {
    const progress = new MmdebstrapProgress(0);
    for (const line of [...LISTS, ...set(['libc6', 'dpkg'])]) progress.line(line);
    const { detail, fraction, remainingMs } = progress.at(60_000);
    expect(detail).toBe('dpkg');
    expect(fraction).toBeCloseTo(0.6);
    expect(remainingMs).toBeCloseTo(40_000, -3);
  });

  it('is not misled by a set without packages, or by lines of others', () => {
    expect(fractions([...set(['libc6']), ...set([])]).at(-1)).toBeCloseTo(0.96);
    expect(fractions(['', 'W: a warning', '9 upgraded', 'Get:', 'Setting up', ...set(['a'])]).at(-1)).toBeCloseTo(0.6);
  });
});
