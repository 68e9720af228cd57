import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FailureError } from '../shared/result.ts';
import { savedFiles, type SavedFile } from './saved-files.ts';

const FOLDER = 0o040755;
const FILE = 0o100644;
const LINK = 0o120777;
const DEVICE = 0o020600;
const SHA = 'ab'.repeat(32);

/** An inode's state as v86 saves it. */
function inode(
  mode: number,
  what: unknown,
  change: { status?: unknown; size?: unknown; mtime?: unknown } = {},
): unknown[] {
  return [mode, what, [], change.status ?? 0, change.size ?? 0, 10, 20, 0, 1, 2, change.mtime ?? 1000, 0, 0, 1];
}

function folder(entries: Record<string, number>): unknown[] {
  return inode(FOLDER, [['.', 0], ['..', 0], ...Object.entries(entries)]);
}

function disk(inodes: unknown[], written: unknown = []): unknown[] {
  return [inodes, inodes.length, written, 100, 50];
}

function full(inodes: unknown[], written: unknown = []): unknown[] {
  const tree: unknown[] = Array.from({ length: 92 }, () => 0);
  tree[45] = [0, 1, 2, 3, 4, 5, 6, 7, 8, disk(inodes, written)];
  return tree;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('the files of a saved machine', () => {
  const inodes = [
    folder({ etc: 1, 'a file': 4, null: 5 }),
    folder({ passwd: 2, link: 3, hard: 4 }),
    inode(FILE, SHA, { status: 2, size: 777 }),
    inode(LINK, '/etc/passwd'),
    inode(FILE, '', { size: 5, mtime: 1234.7 }),
    inode(DEVICE, [1, 3]),
    inode(FILE, '', { size: 3 }),
  ];
  // Longer than the file: v86 leaves room to grow. The last has no name any more.
  const written = [
    ['4', bytes('hello, and more')],
    ['6', bytes('lost')],
  ];
  const owner = { uid: 10, gid: 20 };
  const expected = [
    { path: 'etc', kind: 'directory', mode: 0o755, content: null, linkOf: null },
    { path: 'etc/passwd', kind: 'file', mode: 0o644, sizeBytes: 777, content: { kind: 'image', sha256: SHA } },
    { path: 'etc/link', kind: 'symlink', target: '/etc/passwd', content: null },
    { path: 'etc/hard', kind: 'file', sizeBytes: 5, content: { kind: 'written', bytes: bytes('hello') }, linkOf: null },
    { path: 'a file', kind: 'file', modifiedAtS: 1234, ...owner, linkOf: 'etc/hard' },
    { path: 'null', kind: 'other', mode: 0o600, content: null },
  ];

  it('come one by one, folders before what is in them', () => {
    expect([...savedFiles(disk(inodes, written), 'disk')]).toMatchObject(expected);
    expect([...savedFiles(full(inodes, written), 'full')]).toMatchObject(expected);
  });

  it('that nobody wrote to are empty', () => {
    const [file] = [...savedFiles(disk([folder({ empty: 1 }), inode(FILE, '', { size: 99 })]), 'disk')];
    expect(file).toMatchObject({ sizeBytes: 0, content: { kind: 'written', bytes: new Uint8Array(0) } });
  });

  it('may have names that mean something to JavaScript', () => {
    const names = ['__proto__', 'constructor', 'toString', 'ﬀ ü 漢'];
    const root = inode(
      FOLDER,
      names.map((name) => [name, 1]),
    );
    const paths = [...savedFiles(disk([root, inode(FILE, '')]), 'disk')].map(({ path }) => path);
    expect(paths).toEqual(names);
  });
});

describe('a state that is hostile', () => {
  const refused = (tree: unknown, content: 'full' | 'disk' = 'disk'): void => {
    try {
      for (const { path } of savedFiles(tree, content)) expect(path.split('/')).not.toContain('..');
    } catch (caught) {
      expect(caught).toMatchObject({ code: 'damaged' });
      return;
    }
    throw new Error('it was read');
  };
  const named = (name: unknown): unknown[] => disk([inode(FOLDER, [[name, 1]]), inode(FILE, '')]);

  it.each<[string, unknown]>([
    ['no tree', null],
    ['no file system', [5]],
    ['no root', disk([])],
    ['no list of written files', disk([folder({})], 7)],
    ['a broken written file', disk([folder({})], [['1', 'text']])],
    ['a written file without an inode', disk([folder({})], [['x', new Uint8Array(1)]])],
    ['a file that is not there', disk([folder({ file: 9 })])],
    ['a file that is no list', disk([folder({ file: 1 }), 5])],
    ['a size below zero', disk([folder({ file: 1 }), inode(FILE, '', { size: -1 })])],
    ['an image file named by a path', disk([folder({ file: 1 }), inode(FILE, '../../etc/shadow', { status: 2 })])],
    ['an entry that is no pair', disk([inode(FOLDER, ['file'])])],
    ['an inode of fractions', disk([inode(FOLDER, [['file', 0.5]]), inode(FILE, '')])],
    ['a name with a slash', named('a/b')],
    ['a name with a zero', named('a\0b')],
    ['an empty name', named('')],
    ['an endless name', named('a'.repeat(256))],
    ['a name that is a number', named(5)],
    ['a folder in itself', disk([folder({ self: 0 })])],
    ['a folder in a folder of its own', disk([folder({ a: 1 }), folder({ b: 2 }), folder({ c: 1 })])],
  ])('by %s is refused', (_what, tree) => refused(tree));

  it('by folders nested without end is refused', () => {
    refused(disk(Array.from({ length: 5000 }, (_, id) => folder({ a: id + 1 }))));
  });

  it('is not followed upwards', () => {
    const tree = disk([folder({ a: 1 }), inode(FOLDER, [['..', 2]]), inode(FILE, '')]);
    expect([...savedFiles(tree, 'disk')].map(({ path }) => path)).toEqual(['a']);
  });

  it('is read or refused, never anything else', () => {
    const values = fc.oneof(
      fc.integer(),
      fc.string(),
      fc.constant(null),
      fc.array(fc.tuple(fc.string(), fc.nat({ max: 5 })), { maxLength: 4 }),
      fc.uint8Array({ maxLength: 4 }),
    );
    const modes = fc.oneof(fc.constantFrom(FOLDER, FILE, LINK, DEVICE), values);
    const nodes = fc.tuple(modes, values, values, values, fc.oneof(fc.nat(), values), fc.nat(), fc.nat());
    fc.assert(
      fc.property(fc.array(nodes, { maxLength: 6 }), fc.array(fc.tuple(fc.string(), values)), (list, written) => {
        const files: SavedFile[] = [];
        try {
          for (const file of savedFiles(disk(list, written), 'disk')) files.push(file);
        } catch (caught) {
          if (!(caught instanceof FailureError)) throw caught;
          expect(caught.code).toBe('damaged');
        }
        for (const { path } of files) expect(path).not.toMatch(/(^|\/)\.{0,2}(\/|$)|\0/);
      }),
      { numRuns: 2000 },
    );
  });
});
