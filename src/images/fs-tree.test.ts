import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BlobRef } from '../shared/model/image.ts';
import { FailureError } from '../shared/result.ts';
import { FsTree, type FileMeta } from './fs-tree.ts';

const META: FileMeta = { mode: 0o644, uid: 0, gid: 0, mtimeS: 5 };
const blob = (digit: string, sizeBytes = 3): BlobRef => ({ sha256: digit.repeat(64), sizeBytes });

type Entry = [
  name: string,
  size: number,
  mtime: number,
  mode: number,
  uid: number,
  gid: number,
  content: string | Entry[],
];
function json(tree: FsTree): Entry[] {
  return (JSON.parse(tree.toFsJson().text) as { fsroot: Entry[] }).fsroot;
}

/** Every path of a tree, for comparing. */
function paths(entries: Entry[], below = ''): string[] {
  return entries.flatMap(([name, , , , , , content]) => [
    `${below}/${name}`,
    ...(Array.isArray(content) ? paths(content, `${below}/${name}`) : []),
  ]);
}

const isFolder = (mode: number): boolean => (mode & 0o170000) === 0o040000;

describe('FsTree', () => {
  it('writes v86’s format: name, size, time, type and permissions, owner, content', () => {
    const tree = new FsTree();
    tree.addDirectory('etc', { mode: 0o700, uid: 1, gid: 2, mtimeS: 9 });
    tree.addFile('etc/hosts', { ...META, mode: 0o4755 }, blob('a', 12));
    tree.addSymlink('etc/link', META, 'hösts');
    expect(json(tree)).toEqual([
      [
        'etc',
        4096,
        9,
        0o040700,
        1,
        2,
        [
          ['hosts', 12, 5, 0o104755, 0, 0, 'a'.repeat(64)],
          ['link', 6, 5, 0o120777, 0, 0, 'hösts'],
        ],
      ],
    ]);
    expect(tree.toFsJson()).toMatchObject({ fileCount: 1, fileBytes: 12 });
  });

  it('gives equal bytes for equal trees, in whatever order they were filled', () => {
    const name = fc.constantFrom('a', 'b', 'B', 'ä', 'a.b', 'a-b', '10', '9');
    const files = fc.uniqueArray(fc.tuple(name, name, fc.constantFrom('1', '2')), {
      selector: ([folder, file]) => `${folder}/${file}`,
    });
    fc.assert(
      fc.property(
        files.chain((all) =>
          fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length })),
        ),
        ([one, other]) => {
          const fill = (entries: typeof one): string => {
            const tree = new FsTree();
            for (const [folder, file, digit] of entries) tree.addFile(`${folder}/${file}`, META, blob(digit));
            return tree.toFsJson().text;
          };
          expect(fill(one)).toBe(fill(other));
        },
      ),
    );
  });

  it('keeps a folder’s own permissions whether it comes before or after its files', () => {
    const meta = { mode: 0o1777, uid: 3, gid: 4, mtimeS: 6 };
    const before = new FsTree();
    before.addDirectory('x', meta);
    before.addFile('x/f', META, blob('a'));
    const after = new FsTree();
    after.addFile('x/f', META, blob('a'));
    after.addDirectory('x', meta);
    expect(before.toFsJson()).toEqual(after.toFsJson());
  });

  it('follows links to folders inside the tree, as on a merged /usr', () => {
    const tree = new FsTree();
    tree.addDirectory('usr/bin', META);
    tree.addSymlink('bin', META, 'usr/bin');
    tree.addSymlink('sbin', META, '/bin');
    tree.addFile('bin/sh', META, blob('a'));
    tree.addFile('sbin/init', META, blob('b'));
    expect(paths(json(tree))).toEqual(['/bin', '/sbin', '/usr', '/usr/bin', '/usr/bin/init', '/usr/bin/sh']);
    expect(tree.blobAt('sbin/sh')).toEqual(blob('a'));
    // tar names the folder again: it stays the link.
    tree.addDirectory('bin', META);
    expect(tree.blobAt('bin/sh')).toEqual(blob('a'));
  });

  it('keeps links that lead out of the tree inside it', () => {
    const tree = new FsTree();
    tree.addSymlink('out', META, '../../../../etc');
    tree.addFile('out/passwd', META, blob('a'));
    expect(tree.blobAt('etc/passwd')).toEqual(blob('a'));
    expect(paths(json(tree))).toEqual(['/etc', '/etc/passwd', '/out']);
  });

  it.each([
    ['a parent', '../x'],
    ['a parent in the middle', 'a/../../x'],
    ['a parent at the end', 'a/..'],
    ['NUL', 'a\0b'],
    ['a long part', 'x'.repeat(256)],
    ['a long part in bytes', 'ä'.repeat(128)],
    ['a long path', 'x/'.repeat(2100)],
  ])('refuses a name with %s', (_what, path) => {
    const tree = new FsTree();
    tree.addFile('target', META, blob('a'));
    for (const add of [
      () => tree.addFile(path, META, blob('a')),
      () => tree.addDirectory(path, META),
      () => tree.addSymlink(path, META, 'x'),
      () => tree.addHardLink(path, 'target'),
      () => tree.addHardLink('new', path),
    ]) {
      expect(add).toThrow(
        expect.objectContaining({ code: 'bad-input', message: expect.stringContaining('was refused') }),
      );
    }
    expect(paths(json(tree))).toEqual(['/target']);
  });

  it.each([[''], ['a\0b'], ['x'.repeat(5000)]])('refuses a link to %j', (target) => {
    expect(() => new FsTree().addSymlink('l', META, target)).toThrow(FailureError);
  });

  it('refuses loops of links, files used as folders, and files in place of a full folder', () => {
    const tree = new FsTree();
    tree.addSymlink('a', META, 'b');
    tree.addSymlink('b', META, 'a');
    tree.addFile('file', META, blob('a'));
    tree.addFile('full/x', META, blob('a'));
    tree.addDirectory('empty', META);
    expect(() => tree.addFile('a/x', META, blob('a'))).toThrow('loop of links');
    expect(tree.blobAt('a/x')).toBeNull();
    expect(tree.has('a')).toBe(false);
    expect(() => tree.addFile('file/x', META, blob('a'))).toThrow('goes through a file');
    expect(() => tree.addFile('full', META, blob('a'))).toThrow('a folder with files is there already');
    expect(() => tree.addFile('', META, blob('a'))).toThrow('the root cannot be a file');
    tree.addFile('empty', META, blob('b'));
    expect(tree.blobAt('empty')).toEqual(blob('b'));
  });

  it('gives a hard link the content of the file it links to', () => {
    const tree = new FsTree();
    tree.addFile('usr/a', { ...META, mode: 0o600 }, blob('a'));
    tree.addHardLink('usr/b', 'usr/a');
    expect(tree.blobAt('usr/b')).toEqual(blob('a'));
    expect(() => tree.addHardLink('usr/c', 'usr/later')).toThrow('not a file before it');
    expect(() => tree.addHardLink('usr/c', 'usr')).toThrow('not a file before it');
  });

  it('lets a later entry replace an earlier one, and forgets what was removed', () => {
    const tree = new FsTree();
    tree.addFile('x', META, blob('a'));
    tree.addSymlink('x', META, 'y');
    tree.addFile('x', META, blob('b'));
    tree.addFile('gone', META, blob('c'));
    tree.remove('gone');
    expect(tree.blobs()).toEqual([blob('b')]);
    expect(tree.has('gone')).toBe(false);
  });

  it('names each content once', () => {
    const tree = new FsTree();
    for (const path of ['a', 'b/c', 'b/d']) tree.addFile(path, META, blob('a'));
    tree.addFile('e', META, blob('b'));
    expect(tree.blobs()).toEqual([blob('a'), blob('b')]);
  });

  it('refuses folders nested without end, which links make possible', () => {
    const tree = new FsTree();
    const deep = Array.from({ length: 1900 }, () => 'd').join('/');
    const nest = (): void => {
      tree.addDirectory(deep, META);
      tree.addSymlink('l0', META, deep);
      for (let level = 1; level < 30; level += 1) {
        tree.addDirectory(`l${level - 1}/${deep}`, META);
        tree.addSymlink(`l${level}`, META, `l${level - 1}/${deep}`);
      }
      tree.toFsJson();
    };
    // A tree this deep could not be walked by the guest either; a stack overflow would be a bug.
    try {
      nest();
    } catch (caught) {
      expect(caught).toBeInstanceOf(FailureError);
    }
  });

  it('is a sound tree or a refusal, whatever entries come', () => {
    const part = fc.constantFrom('a', 'b', 'c', '..', '.', '', 'loop', 'é');
    const path = fc.array(part, { maxLength: 5 }).map((parts) => parts.join('/'));
    const entry = fc.record({
      kind: fc.constantFrom('file', 'directory', 'symlink', 'link', 'remove'),
      path,
      target: path,
    });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 30 }), (entries) => {
        const tree = new FsTree();
        tree.addSymlink('loop', META, 'loop');
        for (const { kind, path: name, target } of entries) {
          try {
            if (kind === 'file') tree.addFile(name, META, blob('a'));
            if (kind === 'directory') tree.addDirectory(name, META);
            if (kind === 'symlink') tree.addSymlink(name, META, target);
            if (kind === 'link') tree.addHardLink(name, target);
            if (kind === 'remove') tree.remove(name);
          } catch (caught) {
            expect(caught).toBeInstanceOf(FailureError);
          }
        }
        const check = (list: Entry[]): void => {
          const names = list.map(([name]) => name);
          expect(new Set(names).size).toBe(names.length);
          expect(names.filter((name) => name === '' || name === '.' || name === '..' || name.includes('/'))).toEqual(
            [],
          );
          for (const [, , , mode, , , content] of list) {
            expect(Array.isArray(content)).toBe(isFolder(mode));
            if (Array.isArray(content)) check(content);
          }
        };
        check(json(tree));
      }),
      { numRuns: 1000 },
    );
  });
});
