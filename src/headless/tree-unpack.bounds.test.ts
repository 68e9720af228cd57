import { createWriteStream } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { pack, type Header } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { unpackTree } from './tree-unpack.ts';

/** Small bounds, so that an archive that goes beyond them is small as well. */
vi.mock('./tree-limits.ts', async (original) => ({ ...(await original<object>()), TREE_MEMBERS_MAX: 20 }));
vi.mock('../shared/model/limits.ts', async (original) => ({ ...(await original<object>()), IMPORT_MAX_BYTES: 2500 }));
/** A disk without hard links. */
vi.mock(import('node:fs/promises'), async (original) => ({
  ...(await original()),
  link: () => Promise.reject(Object.assign(new Error('no links here'), { code: 'EPERM' })),
}));

type Member = Partial<Header> & { readonly name: string };

describe('an archive that is small and makes much', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'terrarium-bounds-'));
  });
  afterEach(async () => rm(folder, { recursive: true }));
  const at = (name: string): string => path.join(folder, name);
  async function unpacked(...members: [header: Member, content?: string][]) {
    const archive = pack();
    for (const [header, content = ''] of members) archive.entry(header, content);
    archive.finalize();
    await pipeline(archive, createWriteStream(at('tar')));
    return unpackTree(at('tar'), at('out'));
  }
  const file = (content: string): [Member, string] => [{ name: 'file', size: content.length }, content];
  const linkTo = (name: string): [Member] => [{ name, type: 'link', linkname: 'file' }];

  it('cannot make more folders than members are allowed, named or not', async () => {
    expect(await unpacked([{ name: `${'d/'.repeat(15)}file` }])).toMatchObject({ files: 1, folders: 15 });
    await rm(at('out'), { recursive: true });
    await expect(
      unpacked([{ name: `a/${'d/'.repeat(12)}x` }], [{ name: `b/${'d/'.repeat(12)}x` }]),
    ).rejects.toMatchObject({
      code: 'limit',
      message: expect.stringContaining('it has more than 20 files and folders'),
    });
    expect(await readdir(folder)).toEqual(['tar']);
  });

  it('gets copies for its hard links where the disk has none, and not without end', async () => {
    const content = 'x'.repeat(1000);
    expect(await unpacked(file(content), linkTo('one'), linkTo('two'))).toMatchObject({ files: 3, sizeBytes: 1000 });
    expect(await readFile(at('out/two'), 'utf8')).toBe(content);
    await rm(at('out'), { recursive: true });
    await expect(unpacked(file(content), linkTo('one'), linkTo('two'), linkTo('three'))).rejects.toMatchObject({
      code: 'limit',
      message: expect.stringContaining('“out” was not copied out: its hard links would be copies of more than'),
    });
    expect(await readdir(folder)).toEqual(['tar']);
  });
});
