import { describe, expect, it } from 'vitest';
import { formatSources, parseListFile, parseSourcesFile } from './sources.ts';

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
      },
      { uri: 'http://two.example/debian', suite: 'bookworm-updates', components: ['main'], signedBy: null },
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
    { uri: 'http://one.example/debian', suite: 'bookworm', components: ['main', 'contrib'], signedBy: '/k/a.gpg' },
    { uri: 'http://two.example/debian', suite: 'sid', components: ['main'], signedBy: null },
  ];
  expect(parseListFile(formatSources(sources))).toEqual(sources);
});
