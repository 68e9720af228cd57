import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareVersions, isVersion, matchesPrefix } from './version.ts';

const digits = fc.nat({ max: 120 }).map(String);
const suffix = fc.constantFrom('alpha', 'beta', 'pre', 'rc', 'cvs', 'svn', 'git', 'hg', 'p');
const version = fc
  .record({
    numbers: fc.array(fc.oneof(digits, fc.constantFrom('0', '00', '01', '010')), { minLength: 1, maxLength: 4 }),
    letter: fc.constantFrom('', '', 'a', 'b', 'z'),
    suffixes: fc.array(
      fc.tuple(suffix, fc.constantFrom('', '1', '2', '20240101')).map(([name, number]) => `_${name}${number}`),
      { maxLength: 2 },
    ),
    commit: fc.constantFrom('', '', '~0a1b'),
    revision: fc.constantFrom('', '-r0', '-r1', '-r10'),
  })
  .map(
    ({ numbers, letter, suffixes, commit, revision }) =>
      `${numbers.join('.')}${letter}${suffixes.join('')}${commit}${revision}`,
  );

describe('compareVersions', () => {
  // Each is older than the next.
  const ascending = [
    ['0.09', '0.1'],
    ['1.0_alpha', '1.0_alpha1', '1.0_beta', '1.0_pre2', '1.0_rc1', '1.0', '1.0-r0', '1.0-r2', '1.0-r10'],
    ['1.0', '1.0_p1', '1.0_p1-r3', '1.0_p2', '1.0a', '1.0.0', '1.0.1', '1.1'],
    ['1.9', '1.10', '1.10.0', '2'],
    ['1.2_git20200101', '1.2_git20210101', '1.2_p0'],
    ['18446744073709551616', '18446744073709551617'],
  ];
  it.each(ascending.flatMap((row) => row.slice(1).map((newer, index) => [row[index] ?? '', newer])))(
    '%s is older than %s',
    (older, newer) => {
      expect(compareVersions(older, newer)).toBeLessThan(0);
      expect(compareVersions(newer, older)).toBeGreaterThan(0);
    },
  );

  it('a version equals itself', () => {
    fc.assert(
      fc.property(version, (a) => {
        expect(isVersion(a)).toBe(true);
        expect(compareVersions(a, a)).toBe(0);
      }),
    );
  });

  it('is an order', () => {
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        expect(Math.sign(compareVersions(a, b))).toBe(-Math.sign(compareVersions(b, a)) + 0);
        const sorted = [a, b, c].sort(compareVersions);
        for (const [older, newer] of [
          [sorted[0], sorted[1]],
          [sorted[1], sorted[2]],
          [sorted[0], sorted[2]],
        ]) {
          expect(compareVersions(older ?? '', newer ?? '')).toBeLessThanOrEqual(0);
        }
      }),
    );
  });

  it('what is no version is older, and nothing throws', () => {
    fc.assert(
      fc.property(version, fc.string(), (a, text) => {
        if (!isVersion(text)) expect(compareVersions(text, a)).toBeLessThan(0);
      }),
    );
  });

  it('a higher revision is newer', () => {
    fc.assert(
      fc.property(version, fc.nat({ max: 50 }), (a, revision) => {
        const base = a.replace(/-r\d+$/, '');
        expect(compareVersions(`${base}-r${revision}`, `${base}-r${revision + 1}`)).toBeLessThan(0);
      }),
    );
  });
});

describe('matchesPrefix', () => {
  it.each([
    ['3.12.8-r1', '3.12', true],
    ['3.12.8-r1', '3', true],
    ['3.120', '3.12', false],
    ['3.1', '3.12', false],
    ['1.0_rc1', '1.0', true],
    ['1.0', '', false],
  ])('%s ~ %s: %s', (whole, prefix, expected) => {
    expect(matchesPrefix(whole, prefix)).toBe(expected);
  });

  it('holds for the version itself', () => {
    fc.assert(
      fc.property(version, (a) => {
        expect(matchesPrefix(a, a)).toBe(true);
      }),
    );
  });
});
