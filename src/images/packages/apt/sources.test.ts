import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  debianSources,
  formatSources,
  namedSources,
  parseListFile,
  parseSourcesFile,
  readHostSources,
  releaseSources,
  withoutPassword,
  type AptSource,
  type HostSource,
} from './sources.ts';

describe('parseListFile', () => {
  it('takes binary entries with their options and leaves the rest', () => {
    const text = [
      '# deb http://commented.example/debian bookworm main',
      'deb [arch=amd64 signed-by=/usr/share/keyrings/a.gpg] http://one.example/debian bookworm main contrib # why',
      'deb-src http://one.example/debian bookworm main',
      'deb http://two.example/debian bookworm-updates main',
    ].join('\n');
    expect(parseListFile(text)).toEqual([
      {
        uri: 'http://one.example/debian',
        suite: 'bookworm',
        components: ['main', 'contrib'],
        signedBy: '/usr/share/keyrings/a.gpg',
        isTrusted: false,
      },
      {
        uri: 'http://two.example/debian',
        suite: 'bookworm-updates',
        components: ['main'],
        signedBy: null,
        isTrusted: false,
      },
    ]);
  });

  it('knows a repository without components, and what is trusted', () => {
    expect(parseListFile('deb [trusted=yes] file:/srv/packages ./\n')).toEqual([
      { uri: 'file:/srv/packages', suite: './', components: [], signedBy: null, isTrusted: true },
    ]);
  });
});

describe('parseSourcesFile', () => {
  it('makes one source of each address and suite', () => {
    const text = `# a comment
Types: deb deb-src
URIs: http://one.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/a.gpg

Types: deb
Enabled: no
URIs: http://off.example/debian
Suites: bookworm
Components: main
`;
    expect(parseSourcesFile(text).map(({ suite, signedBy }) => [suite, signedBy])).toEqual([
      ['bookworm', '/usr/share/keyrings/a.gpg'],
      ['bookworm-updates', '/usr/share/keyrings/a.gpg'],
    ]);
  });

  it('leaves a key written into the entry to the usual keyring', () => {
    const text = `Types: deb
URIs: http://one.example/debian
Suites: bookworm
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 -----END PGP PUBLIC KEY BLOCK-----
`;
    expect(parseSourcesFile(text)).toMatchObject([{ suite: 'bookworm', components: ['main'], signedBy: null }]);
  });
});

it('formatSources writes what parseListFile reads', () => {
  const sources = [
    {
      uri: 'http://one.example/debian',
      suite: 'bookworm',
      components: ['main', 'contrib'],
      signedBy: '/k/a.gpg',
      isTrusted: false,
    },
    { uri: 'http://two.example/debian', suite: 'sid', components: ['main'], signedBy: null, isTrusted: false },
    { uri: 'file:/srv/packages', suite: './', components: [], signedBy: '/k/b.gpg', isTrusted: true },
  ];
  expect(parseListFile(formatSources(sources))).toEqual(sources);
});

describe('the sources of this computer', () => {
  const entry = (suite: string, more: Partial<HostSource> = {}): HostSource => ({
    file: 'debian',
    uri: `http://one.example/${suite.includes('security') ? 'security' : 'debian'}`,
    suite,
    components: ['main'],
    signedBy: null,
    isTrusted: false,
    ...more,
  });
  const bookworm = [entry('bookworm'), entry('bookworm-updates'), entry('bookworm-security')];
  const shop = entry('stable', { file: 'shop', uri: 'https://shop.example', components: ['shop'] });
  const said = (sources: readonly AptSource[]): string[] => sources.map(({ uri, suite }) => `${uri} ${suite}`);

  it('are Debian’s where they look like it, each once', () => {
    expect(debianSources([...bookworm, shop, entry('bookworm'), entry('noble')], 'bookworm')).toEqual(bookworm);
  });

  it('of a release are those that are written', () => {
    const sources = [...bookworm, entry('trixie', { uri: 'http://two.example/debian' }), shop];
    expect(said(releaseSources(sources, 'bookworm', 'trixie'))).toEqual(['http://two.example/debian trixie']);
    expect(releaseSources(sources, 'bookworm', 'bookworm')).toEqual(bookworm);
  });

  it('of a release that is not written are where this computer’s own are', () => {
    const backports = entry('bookworm-backports');
    expect(said(releaseSources([...bookworm, backports, shop], 'bookworm', 'trixie'))).toEqual([
      'http://one.example/debian trixie',
      'http://one.example/debian trixie-updates',
      'http://one.example/security trixie-security',
    ]);
    expect(said(releaseSources(bookworm, 'bookworm', 'sid'))).toEqual(['http://one.example/debian sid']);
    expect(releaseSources([shop], 'bookworm', 'trixie')).toEqual([]);
  });

  it('are named by their files', () => {
    expect(namedSources([...bookworm, shop], ['shop'])).toEqual([shop]);
    expect(() => namedSources([...bookworm, shop], ['shop', 'other'])).toThrow(
      'no source “other” (they have debian, shop)',
    );
  });

  it('are read from all of apt’s files', async () => {
    const etc = await mkdtemp(path.join(tmpdir(), 'terrarium-apt-'));
    try {
      await mkdir(path.join(etc, 'sources.list.d'));
      await writeFile(path.join(etc, 'sources.list'), 'deb http://one.example/debian bookworm main\n');
      await writeFile(path.join(etc, 'sources.list.d', 'shop.list'), 'deb https://shop.example stable shop\n');
      await writeFile(path.join(etc, 'sources.list.d', 'old.list.save'), 'deb https://old.example stable main\n');
      expect((await readHostSources(etc)).map(({ file, suite }) => [file, suite])).toEqual([
        ['sources', 'bookworm'],
        ['shop', 'stable'],
      ]);
    } finally {
      await rm(etc, { recursive: true });
    }
  });

  it('are told to a machine without a password', () => {
    expect(withoutPassword(entry('a', { uri: 'https://me:secret@shop.example/x@y' })).uri).toBe(
      'https://shop.example/x@y',
    );
    expect(withoutPassword(entry('a', { uri: 'http://one.example/a@b' })).uri).toBe('http://one.example/a@b');
  });
});
