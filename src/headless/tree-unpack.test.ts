import { createWriteStream } from 'node:fs';
import {
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  realpath,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import fc from 'fast-check';
import { pack, type Header } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tarHeader } from './tar-header.ts';
import { TREE_DEPTH_MAX, TREE_EXAMPLES_MAX } from './tree-limits.ts';
import { staysInside } from './tree-member.ts';
import { leftOutSentence } from './tree-report.ts';
import { unpackTree } from './tree-unpack.ts';

type Member = Partial<Header> & { readonly name: string; readonly content?: string };

describe('unpacking what came out of a guest', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'terrarium-unpack-'));
    await writeFile(at('precious'), 'of the host');
  });
  afterEach(async () => rm(folder, { recursive: true }));
  const at = (...names: string[]): string => path.join(folder, ...names);

  async function tarOf(...members: Member[]): Promise<string> {
    const archive = pack();
    for (const { content, ...header } of members) archive.entry({ mtime: new Date(0), ...header }, content ?? '');
    archive.finalize();
    await pipeline(archive, createWriteStream(at('tar')));
    return at('tar');
  }
  async function unpacked(...members: Member[]) {
    return unpackTree(await tarOf(...members), at('out'));
  }
  /** Everything below a folder, as `name` or `name -> target`. */
  async function tree(below = at('out')): Promise<string[]> {
    const entries = await readdir(below, { recursive: true, withFileTypes: true });
    const shown = entries.map(async (entry) => {
      const file = path.join(entry.parentPath, entry.name);
      const name = path.relative(below, file);
      return entry.isSymbolicLink() ? `${name} -> ${await readlink(file)}` : name;
    });
    return (await Promise.all(shown)).sort();
  }
  const refusedOnly = async (...members: Member[]): Promise<string> => {
    const report = await unpacked({ name: 'good', content: 'x' }, ...members);
    expect(await tree()).toEqual(['good']);
    expect(report).toMatchObject({ files: 1, symlinks: 0, leftOut: { count: members.length } });
    expect((await readdir(folder)).sort()).toEqual(['out', 'precious', 'tar']);
    expect(await readFile(at('precious'), 'utf8')).toBe('of the host');
    return report.leftOut.examples.join('; ');
  };

  it('makes files, folders and links with their modes and times', async () => {
    const report = await unpacked(
      { name: './', type: 'directory', mode: 0o700 },
      { name: './bin/', type: 'directory', mode: 0o755 },
      { name: './bin/tool', content: '#!/bin/sh\n', mode: 0o755, mtime: new Date(1_600_000_000_000) },
      { name: './bin/again', type: 'link', linkname: './bin/tool' },
      { name: './lib', type: 'symlink', linkname: 'bin' },
      { name: './bin/up', type: 'symlink', linkname: '../lib/tool' },
      { name: './deep/er/file', content: 'implicit folders' },
      { name: './empty' },
    );
    expect(await tree()).toEqual([
      'bin',
      'bin/again',
      'bin/tool',
      'bin/up -> ../lib/tool',
      'deep',
      'deep/er',
      'deep/er/file',
      'empty',
      'lib -> bin',
    ]);
    expect(report).toEqual({ files: 4, folders: 3, symlinks: 2, sizeBytes: 26, leftOut: { count: 0, examples: [] } });
    const tool = await stat(at('out/bin/tool'));
    expect(tool.mode & 0o111).not.toBe(0);
    expect(tool.mtimeMs).toBe(1_600_000_000_000);
    expect((await stat(at('out/bin/again'))).ino).toBe(tool.ino);
    expect(await readFile(at('out/bin/up'), 'utf8')).toBe('#!/bin/sh\n');
    expect(leftOutSentence('“out”', report)).toBeNull();
  });

  it.each<[string, string]>([
    ['1: an absolute name', '/etc/cron.d/evil'],
    ['2: a name that leads upwards', '../precious'],
    ['3: a name that leads upwards later', 'good/../../precious'],
    ['4: nothing but dots', '..'],
    ['5: a name that is too deep', `${'d/'.repeat(TREE_DEPTH_MAX)}file`],
    ['6: a name longer than a file can have', 'n'.repeat(256)],
    ['7: a path longer than any', `${'n'.repeat(200)}/`.repeat(12)],
  ])('refuses %s', async (_what, name) => {
    await refusedOnly({ name, content: 'evil' }, { name: name.replace(/\/*$/, '/'), type: 'directory' });
  });

  it('refuses 8: devices and pipes', async () => {
    const told = await refusedOnly(
      { name: 'sda', type: 'block-device', devmajor: 8, devminor: 0 },
      { name: 'mem', type: 'character-device', devmajor: 1, devminor: 1 },
      { name: 'pipe', type: 'fifo' },
    );
    expect(told).toContain('“sda” is a device or a pipe');
  });

  it('drops 9: set-user-id, set-group-id and sticky bits', async () => {
    await unpacked(
      { name: 'su', content: 'x', mode: 0o6755 },
      { name: 'shared', type: 'directory', mode: 0o3777 },
      { name: 'unreadable', content: 'x', mode: 0o040 },
    );
    expect((await stat(at('out/su'))).mode & 0o7000).toBe(0);
    expect((await stat(at('out/shared'))).mode & 0o7000).toBe(0);
    expect((await stat(at('out/unreadable'))).mode & 0o777).toBe(0o640);
  });

  it.each<[string, string]>([
    ['10: out by an absolute path', '/etc/passwd'],
    ['11: out by going up', '../precious'],
    ['12: up after a name, which may be a link elsewhere', 'good/../../precious'],
    ['13: to the folder above', '..'],
    ['14: to nothing', ''],
  ])('refuses a symlink %s', async (_what, linkname) => {
    // tar-stream takes an empty target for one that is still to come.
    if (linkname === '') expect(staysInside(['link'], '', 'linux')).toBe(false);
    else await refusedOnly({ name: 'link', type: 'symlink', linkname });
  });

  it('refuses 15: to write through a symlink of the archive', async () => {
    const report = await unpacked(
      { name: 'here', type: 'directory' },
      { name: 'link', type: 'symlink', linkname: 'here' },
      { name: 'link/file', content: 'through' },
      { name: 'link', content: 'in its place' },
      { name: 'link/deeper', type: 'directory' },
    );
    expect(await tree()).toEqual(['here', 'link -> here']);
    expect(report.leftOut.count).toBe(3);
    expect(report.leftOut.examples[0]).toBe('“link/file” lies below a symlink, or has its name');
  });

  it('refuses 16: hard links to the host’s files, to folders, symlinks and what comes later', async () => {
    await unpacked(
      { name: 'dir', type: 'directory' },
      { name: 'sym', type: 'symlink', linkname: 'dir' },
      { name: 'a', type: 'link', linkname: at('precious') },
      { name: 'b', type: 'link', linkname: '../precious' },
      { name: 'c', type: 'link', linkname: 'dir' },
      { name: 'd', type: 'link', linkname: 'sym' },
      { name: 'e', type: 'link', linkname: 'later' },
      { name: 'later', content: 'x' },
    );
    expect(await tree()).toEqual(['dir', 'later', 'sym -> dir']);
    expect((await stat(at('precious'))).nlink).toBe(1);
  });

  it('refuses 17: a second member of one name, and a file as a folder', async () => {
    const report = await unpacked(
      { name: 'file', content: 'first' },
      { name: './file', content: 'second' },
      { name: 'file/below', content: 'x' },
      { name: 'file', type: 'symlink', linkname: '.' },
      { name: 'dir', type: 'directory' },
      { name: 'dir', content: 'a file now' },
    );
    expect(await readFile(at('out/file'), 'utf8')).toBe('first');
    expect(await tree()).toEqual(['dir', 'file']);
    expect(report.leftOut.count).toBe(4);
  });

  it('follows 18: chains of symlinks that stay inside only', async () => {
    await unpacked(
      { name: 'a/b/up', type: 'symlink', linkname: '../..' },
      { name: 'a/over', type: 'symlink', linkname: 'b/up/a' },
      { name: 'loop', type: 'symlink', linkname: 'loop' },
      { name: 'a/b/out', type: 'symlink', linkname: '../../..' },
    );
    expect(await tree()).toEqual(['a', 'a/b', 'a/b/up -> ../..', 'a/over -> b/up/a', 'loop -> loop']);
    expect(await realpath(at('out/a/b/up'))).toBe(await realpath(at('out')));
    expect(await realpath(at('out/a/over'))).toBe(await realpath(at('out/a')));
  });

  it('refuses 19: an archive that ends early, lies about a size or is none, and leaves nothing behind', async () => {
    const attempts: [string, () => Promise<unknown>][] = [
      ['cut', () => truncate(at('tar'), 700)],
      ['noise', () => writeFile(at('tar'), Buffer.alloc(4096, 0xa5))],
      ['larger than it is', () => writeFile(at('tar'), largeHeader(1024 ** 4))],
    ];
    for (const [what, damage] of attempts) {
      await tarOf({ name: 'file', content: 'x'.repeat(2000) });
      await damage();
      await expect(unpackTree(at('tar'), at('out')), what).rejects.toMatchObject({
        code: 'damaged',
        message: '“out” was not copied out: what the machine sent is no whole archive.',
      });
      expect((await readdir(folder)).sort()).toEqual(['precious', 'tar']);
    }
  });

  it('stops at 20: a long name that never ends', async () => {
    const header = tarHeader(sized('x', 1024 ** 3));
    header.write('x', 156);
    fixChecksum(header);
    await writeFile(at('tar'), Buffer.concat([header, Buffer.alloc(1024)]));
    await expect(unpackTree(at('tar'), at('out'))).rejects.toMatchObject({ code: 'damaged' });
  });

  it('names a few of many and keeps escape sequences off the terminal', async () => {
    const many = Array.from({ length: 40 }, (_, index) => ({ name: `/${index}\u001b[2J\n`, content: 'x' }));
    const report = await unpacked(...many);
    expect(report.leftOut.count).toBe(40);
    expect(report.leftOut.examples).toHaveLength(TREE_EXAMPLES_MAX);
    expect(leftOutSentence('“out”', report)).toBe(
      '“out” was copied without 40 things: “/0�[2J�” has an absolute name; “/1�[2J�” has an absolute name; ' +
        '“/2�[2J�” has an absolute name; and 37 more.',
    );
  });

  it('keeps what is at the destination, takes an empty folder’s place', async () => {
    await mkdir(at('full'));
    await writeFile(at('full/mine'), '');
    const tar = await tarOf({ name: 'file', content: 'x' });
    for (const name of ['full', 'precious']) {
      await expect(unpackTree(tar, at(name))).rejects.toMatchObject({
        code: 'exists',
        message: expect.stringContaining(`“${name}” exists already and was kept`),
      });
    }
    expect(await tree(at('full'))).toEqual(['mine']);
    await symlink('full', at('to-full'));
    await expect(unpackTree(tar, at('to-full'))).rejects.toMatchObject({ code: 'exists' });
    await mkdir(at('empty'));
    await unpackTree(tar, at('empty'));
    expect(await tree(at('empty'))).toEqual(['file']);
    expect((await readdir(folder)).sort()).toEqual(['empty', 'full', 'precious', 'tar', 'to-full']);
  });

  it('can be cancelled', async () => {
    const tar = await tarOf({ name: 'file', content: 'x'.repeat(1_000_000) });
    const cancel = new AbortController();
    cancel.abort();
    await expect(unpackTree(tar, at('out'), cancel.signal)).rejects.toMatchObject({ code: 'cancelled' });
    expect((await readdir(folder)).sort()).toEqual(['precious', 'tar']);
  });

  it('makes no symlink that leads outside, whatever the archive holds', async () => {
    const name = fc
      .array(fc.constantFrom('a', 'b', 'c', '..', '.'), { minLength: 1, maxLength: 5 })
      .map((parts) => parts.join('/'));
    const member: fc.Arbitrary<Member> = fc.oneof(
      fc.record({ name, type: fc.constant('symlink' as const), linkname: name }),
      fc.record({ name, type: fc.constant('directory' as const) }),
      fc.record({ name, type: fc.constant('link' as const), linkname: name }),
      fc.record({ name, content: fc.constant('x') }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(member, { maxLength: 12 }), async (members) => {
        await rm(at('out'), { recursive: true, force: true });
        await unpacked(...members);
        const root = await realpath(at('out'));
        for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
          const file = path.join(entry.parentPath, entry.name);
          expect((await lstat(file)).isSymbolicLink()).toBe(entry.isSymbolicLink());
          // A link that leads nowhere or in circles leads nowhere outside.
          const real = await realpath(file).catch(() => root);
          expect(real === root || real.startsWith(`${root}/`)).toBe(true);
        }
        expect((await readdir(folder)).sort()).toEqual(['out', 'precious', 'tar']);
      }),
      { numRuns: 200 },
    );
  });

  it('never throws anything but a failure for arbitrary bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), async (bytes) => {
        await rm(at('out'), { recursive: true, force: true });
        await writeFile(at('tar'), bytes);
        const outcome = await unpackTree(at('tar'), at('out')).then(
          () => 'unpacked',
          (cause: unknown) => (cause as { code?: unknown }).code,
        );
        expect(['unpacked', 'damaged']).toContain(outcome);
      }),
      { numRuns: 100 },
    );
  });
});

const sized = (name: string, sizeBytes: number) =>
  ({ name, kind: 'file', mode: 0o644, sizeBytes, modifiedAtS: 0, target: '' }) as const;

/** A header that announces more bytes than there are, in the binary form for large numbers. */
function largeHeader(sizeBytes: number): Buffer {
  const header = tarHeader(sized('file', 0));
  header.fill(0, 124, 136);
  header[124] = 0x80;
  header.writeBigUInt64BE(BigInt(sizeBytes), 128);
  fixChecksum(header);
  return Buffer.concat([header, Buffer.alloc(2048)]);
}

function fixChecksum(header: Buffer): void {
  header.fill(0x20, 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
}
