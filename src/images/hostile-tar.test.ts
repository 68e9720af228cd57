import { readdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestLibrary } from '../../scripts/test-library.ts';
import { FailureError } from '../shared/result.ts';
import { importRootfs } from './rootfs-tar.ts';
import { entry, longName, pax, tarOf, type Raw } from './tar/tar.fixture.ts';

/* What strangers could send. Each is refused in words that name what is wrong, and nothing of it stays. */

const FINE: Raw = { name: 'bin/sh', mode: 0o755, content: 'fine' };
const file = (name: string): Raw => ({ name, content: 'x' });
const base256 = (...bytes: number[]): Buffer =>
  Buffer.concat([Buffer.from(bytes), Buffer.alloc(12 - bytes.length, 0xff)]);
const deep = Array.from({ length: 1500 }, () => 'd').join('/');

const HOSTILE: readonly (readonly [what: string, tar: Buffer, sentence: string | RegExp])[] = [
  ['a path out of the root', tarOf(FINE, file('../evil')), '“../evil”: it points outside of the root file system'],
  ['a path out of the root further in', tarOf(FINE, file('a/../../evil')), '“a/../../evil”: it points outside'],
  ['an absolute path out of the root', tarOf(FINE, file('/../etc/passwd')), '“/../etc/passwd”: it points outside'],
  ['a file below a file', tarOf(file('a'), file('a/b')), '“a/b”: it goes through a file as if it were a folder'],
  ['a file where a full folder is', tarOf(file('a/b'), file('a')), '“a”: a folder with files is there already'],
  [
    'a file through a loop of links',
    tarOf({ name: 'l', type: '2', link: 'l' }, file('l/x')),
    '“l/x”: it goes through a loop',
  ],
  [
    'a hard link to nothing',
    tarOf({ name: 'h', type: '1', link: 'gone' }),
    '“h”: it links to “gone”, which is not a file',
  ],
  [
    'a hard link to a folder',
    tarOf({ name: 'd/', type: '5' }, { name: 'h', type: '1', link: 'd' }),
    '“h”: it links to “d”',
  ],
  [
    'a hard link to the host',
    tarOf({ name: 'h', type: '1', link: '../../etc/shadow' }),
    '“../../etc/shadow”: it points outside',
  ],
  ['a hard link to itself', tarOf({ name: 'h', type: '1', link: 'h' }), '“h”: it links to “h”'],
  ['a link to nowhere', tarOf({ name: 'l', type: '2' }), '“l”: its link target is not valid'],
  ['a name with NUL', tarOf(pax({ path: 'a\0b' }), FINE), /“a�b”: its name is not valid/],
  [
    'a link target with NUL',
    tarOf(pax({ linkpath: 'a\0b' }), { name: 'l', type: '2', link: 'a' }),
    '“l”: its link target',
  ],
  ['a name that is no text', tarOf(pax({ path: Buffer.from([0x61, 0xff]) }), FINE), 'its name is not written in UTF-8'],
  ['a part of a name that is too long', tarOf(longName('n'.repeat(256)), FINE), 'a part of its name is too long'],
  ['a path that is too long', tarOf(longName(`${'nn/'.repeat(1400)}n`), FINE), 'its name is not valid'],
  ['folders nested too deeply', tarOf(longName(deep), FINE), 'it is nested too deeply'],
  ['a long name without end', tarOf(longName('n'.repeat(9000)), FINE), 'a name in it is longer than 8192 bytes'],
  ['a pax header without end', tarOf(entry({ name: 'p', type: 'x', size: 2 ** 21 })), 'larger than 1 MiB'],
  ['headers without end', tarOf(...Array.from({ length: 40 }, () => pax({ comment: 'x' })), FINE), 'without any entry'],
  [
    'a pax record that lies about its length',
    tarOf(entry({ name: 'p', type: 'x', content: '99 path=x\n' }), FINE),
    'a pax header',
  ],
  ['a pax header for all that names all', tarOf(pax({ path: 'x' }, 'g'), FINE), 'gives all entries one “path”'],
  ['a header at the end about nothing', tarOf(FINE, pax({ path: 'x' })), 'that no entry follows'],
  [
    'a size below nothing',
    tarOf({ ...FINE, size: base256(0xff) }),
    '“bin/sh”: it says that it is smaller than nothing',
  ],
  [
    'a size beyond all disks',
    tarOf({ ...FINE, size: base256(0x80, 0x7f) }),
    '“bin/sh”: it says that it is larger than any',
  ],
  ['a pax size that is none', tarOf(pax({ size: '-5' }), FINE), '“bin/sh”: it says that it is smaller than nothing'],
  ['a pax size that is no number', tarOf(pax({ size: '0x10' }), FINE), 'its size in the pax header is no number'],
  ['a size that is not a number', tarOf({ ...FINE, size: '00000zzzzzz\0' }), 'no number where the size stands'],
  ['a size beyond the file’s end', tarOf({ ...FINE, size: 2 ** 40 }), 'it is cut off in “bin/sh”'],
  [
    'a folder with content',
    tarOf({ name: 'd/', type: '5', size: 512, content: 'x' }),
    '“d/”: it claims to hold 512 bytes',
  ],
  [
    'a link with content',
    tarOf({ name: 'l', type: '2', link: 'x', content: 'hidden' }),
    '“l”: it claims to hold 6 bytes',
  ],
  [
    'a device with content',
    tarOf({ name: 'dev/x', type: '3', content: 'hidden' }),
    '“dev/x”: it claims to hold 6 bytes',
  ],
  ['a file named like a folder', tarOf({ name: 'd/', content: 'x' }), '“d/”: it is named like a folder'],
  ['a kind that nobody knows', tarOf({ ...FINE, type: 'Z' }), '“bin/sh”: it is of a kind (“Z”) that is not known'],
  ['a part of another volume', tarOf({ ...FINE, type: 'M' }), 'it goes on from another volume'],
  ['an owner that is none', tarOf(pax({ uid: '99999999999' }), FINE), 'its owner is no number that Linux has'],
  ['a wrong checksum', tarOf(FINE, { ...FINE, checksum: '000000\0 ' }), 'the header at byte 1024 has a wrong checksum'],
  [
    'an empty block in the middle',
    tarOf(FINE, Buffer.alloc(512), FINE),
    'an empty block in the middle of it, at byte 1024',
  ],
  ['an end that is missing', entry(FINE), 'it is cut off: the mark at its end is missing'],
  ['an end within a header', tarOf(FINE).subarray(0, 1300), 'it is cut off: the mark at its end is missing'],
  [
    'holes in a folder',
    tarOf(pax({ 'GNU.sparse.size': '0' }), { name: 'd/', type: '5' }),
    'it has holes, but is no file',
  ],
  [
    'holes that overlap',
    tarOf(pax({ 'GNU.sparse.size': '9', 'GNU.sparse.map': '0,3,1,3' }), { name: 'f', content: 'abcdef' }),
    'its holes',
  ],
  [
    'holes beyond the end',
    tarOf(pax({ 'GNU.sparse.size': '2', 'GNU.sparse.map': '0,6' }), { name: 'f', content: 'abcdef' }),
    'its holes',
  ],
  [
    'a map of holes without end',
    tarOf(pax({ 'GNU.sparse.major': '1', 'GNU.sparse.realsize': '9' }), { name: 'f', content: '9999999\n' }),
    'its holes',
  ],
  [
    'a file of holes larger than any here',
    tarOf(pax({ 'GNU.sparse.size': String(2 ** 40), 'GNU.sparse.map': '' }), { name: 'f' }),
    'larger than 1 GiB',
  ],
];

describe('a hostile tarball', () => {
  let folder: string;
  let test: TestLibrary;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'terrarium-hostile-'));
  });
  afterAll(() => rm(folder, { recursive: true }));
  beforeEach(async () => {
    test = await TestLibrary.create();
  });
  afterEach(() => test.dispose());

  async function read(bytes: Buffer): Promise<unknown> {
    const tar = path.join(folder, 'x.tar');
    await writeFile(tar, bytes);
    return importRootfs(tar, test.library.blobs, () => undefined, new AbortController().signal);
  }
  const filesKept = async (): Promise<string[]> => {
    const names = await readdir(path.join(test.home, 'blobs'), { recursive: true, withFileTypes: true });
    return names.filter((one) => one.isFile()).map(({ name }) => name);
  };

  it.each(HOSTILE)('with %s is refused and leaves nothing', async (_what, tar, sentence) => {
    const large: Raw = { name: 'before', content: Buffer.alloc(5_000_000, 'large') };
    // What comes before is in order, and as large as needs another way into the library.
    const failure: unknown = await read(Buffer.concat([entry(large), tar])).catch((cause: unknown) => cause);
    expect(failure).toBeInstanceOf(FailureError);
    const { message } = failure as FailureError;
    // Where in the tarball it is, counts the bytes before it, too.
    expect(message.replace(/byte \d+/, (at) => `byte ${Number(at.slice(5)) - entry(large).byteLength}`)).toMatch(
      typeof sentence === 'string' ? new RegExp(escaped(sentence)) : sentence,
    );
    expect(message).toContain('Nothing was imported');
    await test.library.abandonImage();
    expect(await filesKept()).toEqual([]);
    expect((await test.library.images.list()).manifests).toEqual([]);
  });

  it('cannot move a cursor with what it is called', async () => {
    await expect(read(tarOf(file('\x1b[2J\u202e/../x')))).rejects.toThrow('“�[2J�/../x”');
  });

  it('is a tree or a sentence, whatever bytes are changed in it', async () => {
    const sound = tarOf(
      { name: 'etc/', type: '5' },
      pax({ path: 'etc/hosts', mtime: '7.5' }),
      { name: 'x', content: 'localhost' },
      longName(`etc/${'n'.repeat(120)}`),
      { name: 'y', content: 'y'.repeat(700) },
      { name: 'etc/l', type: '2', link: 'hosts' },
      { name: 'etc/h', type: '1', link: 'etc/hosts' },
    );
    const change = fc.tuple(fc.nat(sound.byteLength - 1), fc.nat(255), fc.boolean());
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { minLength: 1, maxLength: 4 }),
        fc.nat(sound.byteLength),
        async (changes, end) => {
          const bytes = Buffer.from(sound);
          for (const [at, value] of changes) bytes[at] = value;
          // A header with the right checksum reaches what is behind it.
          for (const [at, , mends] of changes) if (mends) mendChecksum(bytes, at - (at % 512));
          const failure = await read(end % 5 === 0 ? bytes.subarray(0, end) : bytes).then(
            () => null,
            (cause: unknown) => cause,
          );
          if (failure !== null) expect(failure).toBeInstanceOf(FailureError);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('a tarball that is only unusual', () => {
  const read = async (bytes: Buffer) => {
    const test = await TestLibrary.create();
    const folder = await mkdtemp(path.join(tmpdir(), 'terrarium-unusual-'));
    try {
      const tar = path.join(folder, 'x.tar');
      await writeFile(tar, bytes);
      const imported = await importRootfs(tar, test.library.blobs, () => undefined, new AbortController().signal);
      const text = async (at: string): Promise<string | null> => {
        const blob = imported.tree.blobAt(at);
        if (blob === null) return null;
        const pieces: Uint8Array[] = [];
        for await (const piece of (await test.library.blobs.open(blob.sha256)).pieces) pieces.push(piece);
        return Buffer.concat(pieces).toString();
      };
      return { imported, etcHosts: await text('etc/hosts') };
    } finally {
      await rm(folder, { recursive: true });
      await test.dispose();
    }
  };

  it('has its paths taken as inside the root: absolute, with dots, with doubled slashes', async () => {
    for (const name of ['/etc/hosts', './etc/hosts', '//etc/./hosts', 'etc//hosts'])
      expect((await read(tarOf({ name, content: 'here' }))).etcHosts).toBe('here');
  });

  it('gives what stands last to a name that comes twice, as tar does', async () => {
    const twice = tarOf({ name: 'etc/hosts', content: 'first' }, { name: './etc/hosts', content: 'second' });
    expect((await read(twice)).etcHosts).toBe('second');
  });

  it('may have loops of links: they are only what a guest finds', async () => {
    const { imported } = await read(tarOf({ name: 'l', type: '2', link: 'l' }, { name: 'etc/hosts', content: 'x' }));
    expect(imported.tree.toFsJson().text).toContain('"l"');
  });

  it('may be written without a format’s name, with folders by their slash, with empty space behind its end', async () => {
    const old = tarOf(
      { name: 'etc/', type: '\0', magic: '' },
      { name: 'etc/hosts', type: '\0', magic: '', content: 'old' },
    );
    expect((await read(Buffer.concat([old, Buffer.alloc(9216)]))).etcHosts).toBe('old');
  });

  it('keeps setuid bits, and owners and sizes that only pax or GNU can write', async () => {
    const { imported } = await read(
      tarOf(
        pax({ uid: '3000000', mtime: '77.9' }),
        { name: 'bin/su', mode: 0o104755, content: 'su' },
        { name: 'bin/big', size: base256Small(3), content: 'big' },
      ),
    );
    expect(imported.tree.toFsJson().text).toContain(`["su",2,77,35309,3000000,0,`);
    expect(imported.tree.toFsJson().text).toContain('["big",3,');
  });

  it('tells of devices and of attributes that were left out', async () => {
    const { imported } = await read(
      tarOf(
        { name: 'dev/null', type: '3' },
        { name: 'dev/sda', type: '4' },
        { name: 'run/fifo', type: '6' },
        pax({ 'SCHILY.xattr.security.capability': Buffer.from([1, 0, 0xff]) }),
        { name: 'bin/ping', content: 'x' },
      ),
    );
    expect(imported.skippedDevices).toBe(3);
    expect(imported.notes).toEqual([
      expect.stringContaining('3 device nodes or pipes were left out (dev/null, dev/sda, run/fifo)'),
      expect.stringContaining('1 entry has extended attributes'),
    ]);
  });

  it('may hold its root file system in one folder, as LXC’s and debootstrap’s do', async () => {
    const lxc = tarOf(
      { name: 'metadata.yaml', content: 'architecture: i686' },
      { name: 'rootfs/', type: '5', mode: 0o711 },
      { name: 'rootfs/bin/sh', content: 'sh' },
      { name: 'rootfs/etc/hosts', content: 'inside' },
      { name: 'rootfs/etc/same', type: '1', link: 'rootfs/etc/hosts' },
      { name: 'templates/hosts.tpl', content: 'x' },
    );
    const { imported, etcHosts } = await read(lxc);
    expect(etcHosts).toBe('inside');
    expect(imported.tree.has('etc/same')).toBe(true);
    expect(imported.tree.has('metadata.yaml')).toBe(false);
    expect(imported.notes).toEqual(['The root file system is the folder “rootfs” of the tarball.']);
  });
});

/** A positive number as GNU writes large ones. */
function base256Small(value: number): Buffer {
  const field = Buffer.alloc(12);
  field[0] = 0x80;
  field[11] = value;
  return field;
}

function mendChecksum(bytes: Buffer, at: number): void {
  let sum = 8 * 0x20;
  for (let i = 0; i < 512; i += 1) if (i < 148 || i >= 156) sum += bytes[at + i] ?? 0;
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + 148, 'latin1');
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
