import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, open, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packTree } from './tree-pack.ts';
import { leftOutSentence } from './tree-report.ts';
import { unpackTree } from './tree-unpack.ts';

describe('packing a folder of the host', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'terrarium-pack-'));
    await mkdir(at('in'));
  });
  afterEach(async () => rm(folder, { recursive: true }));
  const at = (...names: string[]): string => path.join(folder, ...names);
  const longName = `${'ein-sehr-langer-name-mit-ümläuten-'.repeat(5)}.txt`;

  it('comes out of the archive as it went in', async () => {
    await mkdir(at('in/sub/empty'), { recursive: true });
    await writeFile(at('in/sub/tool'), '#!/bin/sh\n');
    await chmod(at('in/sub/tool'), 0o750);
    await utimes(at('in/sub/tool'), 1_600_000_000, 1_600_000_000);
    await writeFile(at('in', longName), Buffer.alloc(3_000_000, 'content '));
    await symlink(`sub/../${longName}`, at('in/odd'));
    await symlink(longName, at('in/link'));
    const packed = await packTree(at('in'), at('tar'));
    expect(packed).toEqual({
      files: 2,
      folders: 2,
      symlinks: 2,
      sizeBytes: 3_000_010,
      leftOut: { count: 0, examples: [] },
    });
    const out = await unpackTree(at('tar'), at('out'));
    expect(out).toMatchObject({ files: 2, folders: 2, symlinks: 1, sizeBytes: 3_000_010, leftOut: { count: 1 } });
    expect((await readFile(at('out/link'))).equals(await readFile(at('in', longName)))).toBe(true);
    const tool = await stat(at('out/sub/tool'));
    expect([tool.mode & 0o777, tool.mtimeMs]).toEqual([0o750, 1_600_000_000_000]);
  });

  it.skipIf(!existsSync('/bin/tar'))('is what tar itself understands, long names in GNU’s way', async () => {
    await mkdir(at('in/sub'));
    await writeFile(at('in/sub', longName), 'content');
    await symlink(longName, at('in/sub/link'));
    await packTree(at('in'), at('tar'));
    const listing = execFileSync('tar', ['-tvf', at('tar'), '--quoting-style=literal'], { encoding: 'utf8' });
    expect(listing).toContain(`sub/${longName}`);
    expect(listing).toContain(`sub/link -> ${longName}`);
    expect(listing).toMatch(/root\/root/);
    await mkdir(at('by-tar'));
    execFileSync('tar', ['-xf', at('tar'), '-C', at('by-tar'), '--no-same-owner']);
    expect(await readFile(at('by-tar/sub', longName), 'utf8')).toBe('content');
  });

  it('leaves out what is no file and tells it', async () => {
    execFileSync('mkfifo', [at('in/pipe')]);
    const report = await packTree(at('in'), at('tar'));
    expect(leftOutSentence('“in”', report)).toBe(
      '“in” was copied without one thing: “pipe” is a device, a pipe or a socket.',
    );
  });

  it('refuses what a machine cannot hold, before reading it', async () => {
    const large = await open(at('in/large'), 'w');
    await large.truncate(1024 ** 3);
    await large.close();
    await expect(packTree(at('in'), at('tar'))).rejects.toMatchObject({
      code: 'limit',
      message: expect.stringContaining('“in” was not copied: it has more than 1 GiB'),
    });
    expect(existsSync(at('tar'))).toBe(false);
  });

  it('can be cancelled and leaves no archive', async () => {
    await writeFile(at('in/file'), 'x');
    const cancel = new AbortController();
    cancel.abort();
    await expect(packTree(at('in'), at('tar'), cancel.signal)).rejects.toMatchObject({ code: 'cancelled' });
    expect(existsSync(at('tar'))).toBe(false);
  });

  it('says which file cannot be read', async () => {
    await expect(packTree(at('nowhere'), at('tar'))).rejects.toMatchObject({
      code: 'io',
      message: '“nowhere” was not copied: “nowhere” does not exist any more.',
    });
  });
});
