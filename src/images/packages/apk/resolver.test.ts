import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checksumOf } from './checksum.ts';
import { parseDependency, satisfies, type Dependency } from './dependency.ts';
import { parseRecord, provisionsOf, type ApkRecord } from './record.ts';
import { resolvePackages, Universe } from './resolver.ts';

function record(name: string, version: string, fields: Record<string, string> = {}): ApkRecord {
  const all = { C: checksumOf(Buffer.from(name + version)), P: name, V: version, ...fields };
  const stanza = Object.entries(all)
    .map(([letter, value]) => `${letter}:${value}`)
    .join('\n');
  const parsed = parseRecord(stanza);
  if (parsed === null) throw new Error(`no record: ${stanza}`);
  return parsed;
}

function wish(text: string): Dependency {
  const parsed = parseDependency(text);
  if (parsed === null) throw new Error(`no dependency: ${text}`);
  return parsed;
}

function names(
  offered: readonly ApkRecord[],
  wishes: readonly string[],
  installed: readonly ApkRecord[] = [],
): string[] {
  return resolvePackages(new Universe(installed, offered), wishes.map(wish)).map(
    ({ name, version }) => `${name}-${version}`,
  );
}

describe('resolvePackages', () => {
  it('takes what is needed, by name, library, command and path, each after what it needs', () => {
    const offered = [
      record('git', '2.47', { D: 'so:libz.so.1 cmd:less /bin/sh' }),
      record('zlib', '1.3', { p: 'so:libz.so.1=1.3.1' }),
      record('less', '600', { p: 'cmd:less=600' }),
      record('busybox', '1.37', { p: '/bin/sh' }),
      record('unneeded', '1'),
    ];
    const chosen = names(offered, ['git']);
    expect([...chosen].sort()).toEqual(['busybox-1.37', 'git-2.47', 'less-600', 'zlib-1.3']);
    expect(chosen.at(-1)).toBe('git-2.47');
  });

  it('keeps what is installed, unless something needs another version', () => {
    const installed = [record('musl', '1.0'), record('busybox', '1.0', { D: 'musl' })];
    const offered = [record('musl', '1.1'), record('busybox', '1.1'), record('tool', '1', { D: 'musl' })];
    expect(names(offered, ['busybox', 'tool'], installed)).toContain('musl-1.0');
    const strict = [...offered, record('strict', '1', { D: 'musl>=1.1' })];
    const chosen = names(strict, ['busybox', 'strict'], installed);
    expect(chosen).toContain('musl-1.1');
    expect(chosen).toContain('busybox-1.0');
  });

  it('takes the newest of what is offered, of several providers the one of higher priority', () => {
    expect(names([record('a', '1'), record('a', '1.10'), record('a', '1.9')], ['a'])).toEqual(['a-1.10']);
    const offered = [record('x', '1', { p: 'mail', k: '10' }), record('y', '2', { p: 'mail', k: '100' })];
    expect(names(offered, ['mail'])).toEqual(['y-2']);
  });

  it('minds conflicts, and finds a way round them', () => {
    const offered = [record('a', '2', { D: '!b' }), record('a', '1'), record('b', '1')];
    expect(names(offered, ['b', 'a'])).toEqual(['b-1', 'a-1']);
    expect(() => names([record('a', '2', { D: '!b' }), record('b', '1')], ['a', 'b'])).toThrow(/cannot be installed/);
  });

  it('never takes two packages for one name with a version', () => {
    const offered = [record('x', '1', { p: 'so:l.so=1' }), record('y', '1', { p: 'so:l.so=1' })];
    expect(() => names(offered, ['x', 'y'])).toThrow(/cannot be installed together/);
  });

  it('brings what belongs to several packages together, and what that needs', () => {
    const offered = [
      record('docs', '1'),
      record('git', '1'),
      record('git-doc', '1', { i: 'docs git=1', D: 'man' }),
      record('man', '1'),
      record('other-doc', '1', { i: 'docs other' }),
    ];
    expect(names(offered, ['git'])).toEqual(['git-1']);
    expect(names(offered, ['git', 'docs']).sort()).toEqual(['docs-1', 'git-1', 'git-doc-1', 'man-1']);
  });

  it('copes with packages that need each other', () => {
    const offered = [record('a', '1', { D: 'b' }), record('b', '1', { D: 'a' })];
    expect(names(offered, ['a']).sort()).toEqual(['a-1', 'b-1']);
  });

  it('says which package there is not, and which need cannot be met', () => {
    expect(() => names([], ['nodejs'])).toThrow('Alpine has no package “nodejs” for this release.');
    expect(() => names([record('a', '1', { D: 'so:none.so' })], ['a'])).toThrow(/“a” needs “so:none\.so”/);
  });

  const small = fc.array(
    fc.record({
      name: fc.constantFrom('a', 'b', 'c', 'd'),
      version: fc.constantFrom('1', '2'),
      needs: fc.array(fc.constantFrom('a', 'b=1', 'b>1', 'c', 'c~2', 'd<2', '!d', '!a=2', 'v', 'v=1'), {
        maxLength: 3,
      }),
      provides: fc.array(fc.constantFrom('v', 'v=1', 'w=2'), { maxLength: 1 }),
    }),
    { maxLength: 7 },
  );
  const wanted = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'v', 'w', '!c'), { minLength: 1, maxLength: 3 });

  it('finds a sound answer exactly when there is one', () => {
    fc.assert(
      fc.property(small, wanted, (specs, wishes) => {
        const unique = [...new Map(specs.map((spec) => [`${spec.name}-${spec.version}`, spec])).values()];
        const offered = unique.map(({ name, version, needs, provides }) =>
          record(name, version, { D: needs.join(' '), p: provides.join(' ') }),
        );
        const asked = wishes.map(wish);
        let chosen: ApkRecord[] | null = null;
        try {
          chosen = resolvePackages(new Universe([], offered), asked);
        } catch {
          // There is none, it says.
        }
        if (chosen !== null) expect(isSound(chosen, asked)).toBe(true);
        else {
          for (let mask = 0; mask < 1 << offered.length; mask += 1) {
            const subset = offered.filter((_, index) => (mask >> index) & 1);
            expect(isSound(subset, asked), subset.map(({ name, version }) => name + version).join()).toBe(false);
          }
        }
      }),
      { numRuns: 400 },
    );
  });

  function isSound(chosen: readonly ApkRecord[], wishes: readonly Dependency[]): boolean {
    const provided = chosen.flatMap((by) => provisionsOf(by).map((provision) => ({ provision, by })));
    const isMet = (need: Dependency): boolean =>
      need.isConflict !== provided.some(({ provision }) => satisfies(need, provision));
    const isExclusive = provided.every(
      (one) =>
        one.provision.version === null ||
        provided.every(
          (other) =>
            other.by === one.by || other.provision.version === null || other.provision.name !== one.provision.name,
        ),
    );
    return isExclusive && [...wishes, ...chosen.flatMap((by) => by.dependencies)].every(isMet);
  }
});
