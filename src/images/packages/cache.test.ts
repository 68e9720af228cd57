import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cacheRoot, publishFolder, sha256File } from './cache.ts';

describe('cacheRoot', () => {
  it.each([
    ['linux', {}, '/home/ada/.cache/terrarium'],
    ['linux', { XDG_CACHE_HOME: '/big/cache' }, '/big/cache/terrarium'],
    ['linux', { XDG_CACHE_HOME: 'relative' }, '/home/ada/.cache/terrarium'],
    ['darwin', {}, '/home/ada/Library/Caches/terrarium'],
    ['linux', { TERRARIUM_CACHE: '/elsewhere' }, '/elsewhere'],
  ] as const)('%s %j', (platform, env, expected) => {
    expect(cacheRoot({ ...env }, platform, '/home/ada')).toBe(expected);
  });
});

describe('publishFolder', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'terrarium-cache-'));
  });
  afterEach(async () => rm(folder, { recursive: true }));

  it('puts the whole folder in place and replaces an earlier one', async () => {
    const target = path.join(folder, 'kernel');
    await publishFolder(target, async (to) => writeFile(path.join(to, 'old'), '1'));
    await publishFolder(target, async (to) => writeFile(path.join(to, 'new'), 'abc'));
    expect(await readdir(target)).toEqual(['new']);
    expect(await sha256File(path.join(target, 'new'))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });

  it('leaves what was there when it fails, and nothing half-made', async () => {
    const target = path.join(folder, 'kernel');
    await publishFolder(target, async (to) => writeFile(path.join(to, 'file'), 'good'));
    const failing = publishFolder(target, async (to) => {
      await writeFile(path.join(to, 'file'), 'half');
      throw new Error('disk on fire');
    });
    await expect(failing).rejects.toThrow('disk on fire');
    expect(await readFile(path.join(target, 'file'), 'utf8')).toBe('good');
    expect(await readdir(folder)).toEqual(['kernel']);
  });

  it('clears away what a killed attempt left', async () => {
    await writeFile(path.join(folder, 'kernel.tmp-0123'), 'left over');
    await publishFolder(path.join(folder, 'kernel'), async (to) => writeFile(path.join(to, 'file'), 'x'));
    expect(await readdir(folder)).toEqual(['kernel']);
  });
});
