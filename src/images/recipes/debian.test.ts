import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DebianPackages, SystemPackages } from '../packages/apt/debian-packages.ts';
import type { WorkContext } from '../packages/context.ts';
import type { PackageRecord } from '../packages/apt/records.ts';
import { DEBIAN_RELEASE, dpkgVersions, makeDebianRootfs, plannedDebian } from './debian.ts';

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
      const choice = { packages: [name], release: DEBIAN_RELEASE, sources: [] };
      await expect(makeDebianRootfs(contextOf('/nonexistent'), NOTHING, choice)).rejects.toMatchObject({
        code: 'bad-input',
      });
    },
  );
});

describe('plannedDebian', () => {
  const choice = { packages: ['git', 'bash'], release: DEBIAN_RELEASE, sources: [] };
  let cacheRoot = '';
  beforeEach(async () => {
    cacheRoot = await mkdtemp(path.join(tmpdir(), 'terrarium-planned-'));
    await mkdir(path.join(cacheRoot, 'packages', 'i386'), { recursive: true });
  });
  afterEach(() => rm(cacheRoot, { recursive: true }));

  /** Resolves, and gets no further. */
  const resolveOnly = async (): Promise<void> => {
    const system: SystemPackages = {
      sources: [],
      records: [record('bash', 1000), record('git', 500), record('libc6', 250)],
      index: '',
    };
    const packages = {
      ...NOTHING,
      system: () => Promise.resolve(system),
    };
    await expect(makeDebianRootfs(contextOf(cacheRoot), packages, choice)).rejects.toThrow('nothing may be fetched');
  };

  it('knows nothing before the first build, and then what is lacking', async () => {
    expect(await plannedDebian(cacheRoot, choice)).toEqual({ isCached: false, bytes: null });
    await resolveOnly();
    expect(await plannedDebian(cacheRoot, choice)).toEqual({ isCached: false, bytes: 1750 });
    await writeFile(path.join(cacheRoot, 'packages', 'i386', 'git_1_i386.deb'), '');
    const inOtherOrder = { ...choice, packages: ['bash', 'git', 'git'] };
    expect(await plannedDebian(cacheRoot, inOtherOrder)).toEqual({ isCached: false, bytes: 1250 });
    expect(await plannedDebian(cacheRoot, { ...choice, release: 'sid' })).toEqual({ isCached: false, bytes: null });
  });

  it('takes a damaged record for none', async () => {
    await resolveOnly();
    const [name = ''] = await readdir(path.join(cacheRoot, 'rootfs'));
    for (const damaged of ['{', '{}', '{"tarball":"../../x","packages":[]}']) {
      await writeFile(path.join(cacheRoot, 'rootfs', name), damaged);
      expect(await plannedDebian(cacheRoot, choice)).toEqual({ isCached: false, bytes: null });
    }
  });
});

const NOTHING: DebianPackages = {
  update: unused,
  show: unused,
  download: unused,
  downloadNewest: unused,
  system: unused,
  downloadSystem: unused,
};

function unused(): Promise<never> {
  return Promise.reject(new Error('nothing may be fetched'));
}

function contextOf(cacheRoot: string): WorkContext {
  return { cacheRoot, signal: new AbortController().signal, report: () => undefined, warn: () => undefined };
}

function record(name: string, sizeBytes: number): PackageRecord {
  const fileName = `pool/main/${name}_1_i386.deb`;
  return { name, version: '1', architecture: 'i386', fileName, sizeBytes, sha256: 'a'.repeat(64), dependencies: [] };
}
