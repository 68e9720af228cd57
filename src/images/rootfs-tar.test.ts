import { createHash, randomBytes } from 'node:crypto';
import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, open, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { finished } from 'node:stream/promises';
import { promisify } from 'node:util';
import { pack, type Header } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BlobRef } from '../shared/model/image.ts';
import { importRootfs, RootfsWriter, type RootfsImport } from './rootfs-tar.ts';

/** What a test says of an entry; its size follows from its content. */
type TestEntry = Partial<Header> & { readonly name: string; readonly content?: string };

const run = promisify(execFile);

describe('importRootfs', () => {
  let folder = '';
  let tar = '';
  const kept = new Map<string, string>();
  const never = new AbortController().signal;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'terrarium-tar-'));
    tar = path.join(folder, 'root.tar');
    kept.clear();
  });
  afterEach(async () => rm(folder, { recursive: true }));

  const keep = (bytes: Uint8Array): Promise<BlobRef> => {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    kept.set(sha256, Buffer.from(bytes).toString());
    return Promise.resolve({ sha256, sizeBytes: bytes.byteLength });
  };
  const keeper = {
    put: keep,
    putPieces: async (pieces: AsyncIterable<Uint8Array>): Promise<BlobRef> => {
      const all: Uint8Array[] = [];
      // A piece is good only until the next one.
      for await (const piece of pieces) all.push(Uint8Array.from(piece));
      return keep(Buffer.concat(all));
    },
  };
  const read = (signal = never): Promise<RootfsImport> => importRootfs(tar, keeper, () => undefined, signal);
  const contentAt = (imported: RootfsImport, file: string): string | undefined =>
    kept.get(imported.tree.blobAt(file)?.sha256 ?? '');

  async function write(entries: readonly TestEntry[]): Promise<void> {
    const archive = pack();
    for (const { content, ...header } of entries) archive.entry({ mtime: new Date(7000), ...header }, content ?? '');
    archive.finalize();
    await finished(archive.pipe(createWriteStream(tar)));
  }

  it('reads files, folders and links with their permissions, owners and times', async () => {
    await write([
      { name: './', type: 'directory', mode: 0o755 },
      { name: './etc/', type: 'directory', mode: 0o700, uid: 3, gid: 4 },
      { name: './etc/hosts', mode: 0o100640, uid: 1, gid: 2, content: 'localhost' },
      { name: './etc/link', type: 'symlink', linkname: 'hosts' },
      { name: './etc/second', type: 'link', linkname: './etc/hosts' },
      { name: './empty' },
    ]);
    const imported = await read();
    expect(contentAt(imported, 'etc/hosts')).toBe('localhost');
    expect(contentAt(imported, 'etc/link')).toBe('localhost');
    expect(contentAt(imported, 'etc/second')).toBe('localhost');
    expect(contentAt(imported, 'empty')).toBe('');
    const hosts = imported.tree.blobAt('etc/hosts')?.sha256;
    const empty = imported.tree.blobAt('empty')?.sha256;
    const { fsroot } = JSON.parse(imported.tree.toFsJson().text) as { fsroot: unknown };
    expect(fsroot).toEqual([
      ['empty', 0, 7, 0o100644, 0, 0, empty],
      [
        'etc',
        4096,
        7,
        0o040700,
        3,
        4,
        [
          ['hosts', 9, 7, 0o100640, 1, 2, hosts],
          ['link', 5, 7, 0o120777, 0, 0, 'hosts'],
          ['second', 9, 7, 0o100640, 1, 2, hosts],
        ],
      ],
    ]);
  });

  it('leaves out devices and pipes, and counts them', async () => {
    await write([
      { name: 'dev/null', type: 'character-device', devmajor: 1, devminor: 3 },
      { name: 'dev/sda', type: 'block-device', devmajor: 8, devminor: 0 },
      { name: 'run/pipe', type: 'fifo' },
      { name: 'file', content: 'x' },
    ]);
    const imported = await read();
    expect(imported.skippedDevices).toBe(3);
    expect(imported.tree.has('dev/null')).toBe(false);
    expect(contentAt(imported, 'file')).toBe('x');
  });

  it('reads names longer than the old format’s hundred bytes, as pax and as GNU tar write them', async () => {
    const long = `${'deep/'.repeat(30)}${'n'.repeat(200)}`;
    await write([
      { name: long, content: 'pax' },
      { name: 'l', type: 'symlink', linkname: long },
    ]);
    expect(contentAt(await read(), 'l')).toBe('pax');

    const root = path.join(folder, 'root');
    await mkdir(path.join(root, path.dirname(long)), { recursive: true });
    await writeFile(path.join(root, long), 'gnu');
    await symlink(`/${long}`, path.join(root, 'l'));
    await run('tar', ['--format=gnu', '-C', root, '-cf', tar, '.']);
    expect(contentAt(await read(), 'l')).toBe('gnu');
  });

  it.each([
    'gnu',
    'pax',
    'v7',
    'ustar',
    'posix --sparse',
    'gnu --sparse',
    'posix --sparse --sparse-version=0.0',
    'posix --sparse --sparse-version=0.1',
  ])('reads files with holes and large ones as GNU tar writes them (%s)', async (how) => {
    const [format = '', ...options] = how.split(' ');
    const root = path.join(folder, 'root');
    await mkdir(root);
    const sparse = await open(path.join(root, 'sparse'), 'w');
    for (let i = 0; i < 40; i += 1) await sparse.write(`piece ${i}`, i * 200_000);
    await sparse.truncate(8_500_000);
    await sparse.close();
    await writeFile(path.join(root, 'plain'), randomBytes(5_000_000));
    await run('tar', [`--format=${format}`, ...options, '-C', root, '-cf', tar, '.']);
    const { tree } = await read();
    for (const name of ['sparse', 'plain']) {
      const bytes = await readFile(path.join(root, name));
      expect(tree.blobAt(name)).toEqual({
        sha256: createHash('sha256').update(bytes).digest('hex'),
        sizeBytes: bytes.byteLength,
      });
    }
  });

  it.each<[string, TestEntry, string]>([
    ['a path out of the root', { name: '../evil', content: 'x' }, 'points outside'],
    ['a path out of the root further in', { name: 'a/../../evil', content: 'x' }, 'points outside'],
    ['a hard link to the host', { name: 'shadow', type: 'link', linkname: '../../etc/shadow' }, 'points outside'],
    ['a hard link to nothing', { name: 'x', type: 'link', linkname: 'nothing' }, 'not a file before it'],
    ['a part of a name that is too long', { name: 'x'.repeat(256), content: 'x' }, 'too long'],
  ])('refuses %s and says which entry', async (_what, entry, why) => {
    await write([{ name: 'fine', content: 'x' }, entry, { name: 'after', content: 'y'.repeat(3_000_000) }]);
    await expect(read()).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining(why) });
  });

  it('keeps files inside when a folder on their way is a link out', async () => {
    await write([
      { name: 'out', type: 'symlink', linkname: '/../../..' },
      { name: 'out/evil', content: 'x' },
    ]);
    const imported = await read();
    expect(contentAt(imported, 'evil')).toBe('x');
  });

  it('refuses what is no tarball with a sentence', async () => {
    await writeFile(tar, Buffer.alloc(5000, 'not a tarball '));
    await expect(read()).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('cannot be read'),
    });
  });

  it('refuses a tarball that is cut off, with a sentence', async () => {
    await write([{ name: 'large', content: 'z'.repeat(200_000) }]);
    await writeFile(tar, (await readFile(tar)).subarray(0, 100_000));
    await expect(read()).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('cannot be read'),
    });
  });

  it('refuses a tarball that is not there, with a sentence', async () => {
    await expect(read()).rejects.toMatchObject({ code: 'bad-input' });
  });

  it('stops when the build is cancelled', async () => {
    await write([
      { name: 'a', content: 'x'.repeat(1000) },
      { name: 'b', content: 'y' },
    ]);
    const cancel = new AbortController();
    const reading = importRootfs(tar, keeper, () => cancel.abort(), cancel.signal);
    await expect(reading).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('RootfsWriter', () => {
  it('writes equal bytes for equal input, readable by tar', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'terrarium-tar-'));
    try {
      const files = ['a.tar', 'b.tar'].map((name) => path.join(folder, name));
      for (const file of files) {
        const writer = new RootfsWriter();
        writer.directory('etc');
        writer.file('etc/hello', 'world', 0o600);
        writer.symlink('link', '/etc/hello');
        await writer.finish(createWriteStream(file));
      }
      const [a, b] = await Promise.all(files.map((file) => readFile(file)));
      expect(a!.equals(b!)).toBe(true);
      const { stdout } = await run('tar', ['-tvf', files[0]!]);
      expect(stdout).toMatch(/etc\/?\n.*etc\/hello\n.*link -> \/etc\/hello\n/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
