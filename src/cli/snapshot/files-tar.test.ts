import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mountSmall } from '../../../scripts/test-small-disk.ts';
import { FailureError } from '../../shared/result.ts';
import { writeTar, type TarMember } from './files-tar.ts';

const member = (name: string, change: Partial<TarMember> = {}): TarMember => ({
  path: name,
  kind: 'file',
  mode: 0o640,
  uid: 0,
  gid: 0,
  changedS: 1_700_000_000,
  target: '',
  bytes: new Uint8Array(0),
  ...change,
});

async function* list(members: readonly TarMember[], failure?: Error): AsyncGenerator<TarMember, void, void> {
  for (const one of members) yield await Promise.resolve(one);
  if (failure) throw failure;
}

describe('an archive of rescued files', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'terrarium-tar-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is one that tar reads', async () => {
    const file = path.join(folder, 'x.tar');
    const large = new Uint8Array(3_000_001).fill(7);
    const members = [
      member('root', { kind: 'folder', mode: 0o700 }),
      member('root/large', { bytes: large, mode: 0o755 }),
      member('root/empty'),
      member(`root/${'ü'.repeat(120)}`, { bytes: Buffer.from('long') }),
      member('root/link', { kind: 'symlink', target: '../etc/passwd' }),
    ];
    const { sizeBytes } = await writeTar(file, list(members));
    expect((await readFile(file)).byteLength).toBe(sizeBytes);
    const listing = execFileSync('tar', ['-tvf', file], {
      encoding: 'utf8',
      env: { ...process.env, TZ: 'UTC', LC_ALL: 'C.UTF-8' },
    });
    expect(listing).toMatch(
      /^drwx------ 0\/0 +0 2023-11-14 22:13 root\/?\n-rwxr-xr-x 0\/0 +3000001 .* root\/large\n-rw-r----- /,
    );
    expect(listing).toMatch(/ root\/link -> \.\.\/etc\/passwd\n$/);
    await mkdir(path.join(folder, 'out'));
    execFileSync('tar', ['-xf', file, '-C', path.join(folder, 'out')]);
    expect((await readFile(path.join(folder, 'out/root/large'))).equals(large)).toBe(true);
    expect(await readFile(path.join(folder, 'out/root', 'ü'.repeat(120)), 'utf8')).toBe('long');
  });

  it('is not there when something fails, and what was there stays', async () => {
    const file = path.join(folder, 'x.tar');
    await writeTar(file, list([member('a', { bytes: Buffer.from('old') })]));
    const before = await readFile(file);
    const failure = new FailureError('damaged', 'it is damaged');
    await expect(writeTar(file, list([member('b', { bytes: new Uint8Array(100_000) })], failure))).rejects.toBe(
      failure,
    );
    expect(await readdir(folder)).toEqual(['x.tar']);
    expect((await readFile(file)).equals(before)).toBe(true);
    await expect(writeTar(folder, list([]))).rejects.toMatchObject({ code: 'bad-input' });
    await expect(writeTar(path.join(folder, 'no', 'x'), list([]))).rejects.toMatchObject({ code: 'not-found' });
  });

  it('says that the disk is full, and leaves nothing', async (context) => {
    if (!mountSmall(folder)) return context.skip('no file system can be mounted here');
    try {
      const members = Array.from({ length: 6 }, (_, index) => member(`${index}`, { bytes: new Uint8Array(1_000_000) }));
      await expect(writeTar(path.join(folder, 'x.tar'), list(members))).rejects.toMatchObject({ code: 'disk-full' });
      expect(await readdir(folder)).toEqual([]);
    } finally {
      execFileSync('umount', [folder]);
    }
  });
});
