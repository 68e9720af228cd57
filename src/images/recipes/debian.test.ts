import { describe, expect, it } from 'vitest';
import { DEBIAN_RELEASE, dpkgVersions, makeDebianRootfs } from './debian.ts';

describe('dpkgVersions', () => {
  it('reads name and version of each package', () => {
    const status = [
      'Package: bash\nStatus: install ok installed\nArchitecture: i386\nVersion: 5.2.15-2+b8\nDescription: GNU shell\n Version: 99 of a fake line\n',
      'Package: zlib1g\nStatus: install ok installed\nVersion: 1:1.2.13.dfsg-1\n',
    ].join('\n');
    expect(dpkgVersions(status)).toEqual({ bash: '5.2.15-2+b8', zlib1g: '1:1.2.13.dfsg-1' });
  });

  it('is empty for an empty file and ignores stanzas without a name or version', () => {
    expect(dpkgVersions('')).toEqual({});
    expect(dpkgVersions('Package: half\n\nVersion: 1\n\n\n\n')).toEqual({});
  });
});

describe('makeDebianRootfs', () => {
  it.each(['--option', 'a b', 'A', '../x', '', 'x;rm'])(
    'refuses %j as a package before anything is fetched',
    async (name) => {
      const context = {
        cacheRoot: '/nonexistent',
        signal: new AbortController().signal,
        report: () => undefined,
        warn: () => undefined,
      };
      const packages = {
        update: unused,
        show: unused,
        download: unused,
        downloadNewest: unused,
        system: unused,
        downloadSystem: unused,
        sources: unused,
      };
      const choice = { packages: [name], release: DEBIAN_RELEASE, sources: [] };
      await expect(makeDebianRootfs(context, packages, choice)).rejects.toMatchObject({
        code: 'bad-input',
      });
    },
  );
});

function unused(): Promise<never> {
  return Promise.reject(new Error('nothing may be fetched'));
}
