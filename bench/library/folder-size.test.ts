import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { folderBytes } from './folder-size.ts';

it('adds up the files of a folder and of those in it', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'terrarium-size-'));
  try {
    await mkdir(path.join(folder, 'a', 'b'), { recursive: true });
    await writeFile(path.join(folder, 'one'), new Uint8Array(10));
    await writeFile(path.join(folder, 'a', 'b', 'two'), new Uint8Array(3));
    expect(await folderBytes(folder)).toBe(13);
  } finally {
    await rm(folder, { recursive: true });
  }
});
