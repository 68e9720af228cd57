import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BuildPlan } from '../shared/model/image.ts';
import { checkDisk, planBuild } from './plan.ts';

describe('the plan of a build', () => {
  let cacheRoot = '';
  beforeEach(async () => {
    cacheRoot = await mkdtemp(path.join(tmpdir(), 'terrarium-plan-'));
  });
  afterEach(() => rm(cacheRoot, { recursive: true, force: true }));

  /** A kernel's record, as the cache has it. */
  async function cacheKernel(source: string): Promise<void> {
    const folder = path.join(cacheRoot, 'kernels', `distro-${source}`);
    await mkdir(folder, { recursive: true });
    const sha256 = '0'.repeat(64);
    const record = { format: 1, kind: 'distro', release: '6', recipeSha256: sha256, source, builtAt: '2026' };
    const files = { bzImageSha256: sha256, initrdSha256: null };
    await writeFile(path.join(folder, 'kernel.json'), JSON.stringify({ ...record, ...files }));
  }

  const plan = (recipe: string): Promise<BuildPlan> =>
    planBuild(
      { recipe, name: null, kernel: 'distro', memoryMib: null, extraPackages: [] },
      {
        cacheRoot,
        home: path.join(cacheRoot, 'not', 'yet'),
        resourcesFolder: path.resolve(import.meta.dirname, '..', '..', 'resources'),
      },
    );

  it('counts what is to be fetched, and nothing that is in the cache', async () => {
    const first = await plan('tiny');
    expect(first.parts.map(({ isCached }) => isCached)).toEqual([false, false]);
    expect(first.downloadBytes).toBeGreaterThan(50e6);
    expect(first.diskBytes).toBeGreaterThan(first.downloadBytes);
    expect(first.freeBytes).toBeGreaterThan(0);

    await cacheKernel('6.1.1-1 1.35');
    await mkdir(path.join(cacheRoot, 'packages', 'i386'), { recursive: true });
    for (const name of ['busybox-static', 'seabios'])
      await writeFile(path.join(cacheRoot, 'packages', 'i386', `${name}.json`), '{}');
    expect(await plan('tiny')).toMatchObject({ downloadBytes: 0, isExact: true });
  });

  it('does not take Debian’s kernel for Alpine’s', async () => {
    const kernelPart = async (): Promise<unknown> => (await plan('alpine')).parts[0];
    await cacheKernel('6.1.1-1 1.35');
    expect(await kernelPart()).toMatchObject({ name: 'Alpine’s Linux', isCached: false });
    await cacheKernel('linux-virt-6.12.1-r0 busybox-static-1.37-r0');
    expect(await kernelPart()).toMatchObject({ name: 'Alpine’s Linux', isCached: true });
  });

  it('says that packages’ sizes are not known yet', async () => {
    const { parts, isExact } = await plan('alpine-node');
    expect(parts.at(-1)).toEqual({
      name: 'Alpine’s packages: nodejs, npm, git, curl',
      bytes: null,
      isCached: false,
    });
    expect(isExact).toBe(false);
  });

  it('is not begun without room', () => {
    expect(() => checkDisk({ diskBytes: 2e9, freeBytes: 1e9 })).toThrow(/needs about .* Nothing was begun/);
    expect(() => checkDisk({ diskBytes: 1e9, freeBytes: 2e9 })).not.toThrow();
  });
});
