import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { packTree } from './tree-pack.ts';

const swap = vi.hoisted(() => ({ after: (): Promise<void> => Promise.resolve() }));

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  const lstat = async (file: string) => {
    const info = await real.lstat(file);
    await swap.after();
    return info;
  };
  return { ...real, lstat };
});

describe('a file that becomes something else while its folder is packed', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'terrarium-swap-'));
    await mkdir(at('in'));
    await writeFile(at('in/file'), 'harmless');
    await writeFile(at('secret'), 'a secret');
  });
  afterEach(async () => rm(folder, { recursive: true }));
  const at = (name: string): string => path.join(folder, name);

  it.each<[string, () => Promise<void>, string]>([
    ['a link to what nobody chose', () => symlink(at('secret'), at('in/file')), '“file” cannot be read.'],
    [
      'a pipe into which nobody writes',
      () => Promise.resolve(void execFileSync('mkfifo', [at('in/file')])),
      '“file” cannot be read.',
    ],
  ])('is refused: %s', async (_what, replace, sentence) => {
    swap.after = async () => {
      await rm(at('in/file'));
      await replace();
    };
    await expect(packTree(at('in'), at('tar'))).rejects.toMatchObject({
      code: 'io',
      message: `“in” was not copied: ${sentence}`,
    });
    expect((await readdir(folder)).sort()).toEqual(['in', 'secret']);
  });
});
