import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { FailureError } from '../shared/result.ts';
import { GuestFiles } from './guest-files.ts';
import type { FileSystem, Inode } from './v86-internals.ts';

const DIRECTORY = 0o040755;
const FILE = 0o100644;
const LINK = 0o120777;

type FakeInode = { -readonly [Key in keyof Inode]: Inode[Key] };

/** As much of v86's 9p file system as is used, without its bytes being loaded lazily. */
class FakeFs implements FileSystem {
  readonly inodedata: Record<number, Uint8Array> = {};
  storage = { read: () => Promise.reject(new Error()), cache: () => Promise.resolve(), uncache: () => undefined };
  readonly inodes: FakeInode[] = [];
  readonly data = new Map<number, Uint8Array>();
  readonly deleted: number[] = [];

  constructor() {
    this.addFolder(0);
  }

  /** With the entries v86 gives every folder. */
  private addFolder(parent: number): number {
    const id = this.add(DIRECTORY);
    this.inodes[id]!.direntries.set('.', id).set('..', parent);
    return id;
  }

  private add(mode: number, symlink = ''): number {
    const inode: FakeInode = {
      qid: { path: this.inodes.length + 7 },
      mode,
      size: 0,
      uid: 1,
      gid: 1,
      mtime: 7,
      ctime: 7,
      atime: 7,
      status: 0,
      nlinks: 1,
      symlink,
      direntries: new Map(),
    };
    return this.inodes.push(inode) - 1;
  }

  /** Test set-up: a folder, file or link by path; folders on the way are made. */
  put(path: string, content: string | { link: string } | null): number {
    const names = path.split('/').filter((name) => name !== '');
    const name = names.pop()!;
    let parent = 0;
    for (const each of names)
      parent = this.inodes[parent]!.direntries.get(each) ?? this.enter(parent, each, this.addFolder(parent));
    if (content === null) return this.enter(parent, name, this.addFolder(parent));
    if (typeof content === 'object') return this.enter(parent, name, this.add(LINK, content.link));
    const id = this.enter(parent, name, this.add(FILE));
    this.data.set(id, new Uint8Array(Buffer.from(content)));
    this.inodes[id]!.size = Buffer.byteLength(content);
    return id;
  }

  private enter(parent: number, name: string, id: number): number {
    this.inodes[parent]!.direntries.set(name, id);
    return id;
  }

  IsDirectory(id: number): boolean {
    return (this.inodes[id]!.mode & 0o170000) === 0o040000;
  }
  GetInode(id: number): Inode {
    return this.inodes[id]!;
  }
  Search(parentId: number, name: string): number {
    return this.inodes[parentId]!.direntries.get(name) ?? -1;
  }
  Read(id: number, offset: number, count: number): Promise<Uint8Array | null> {
    return Promise.resolve(this.data.get(id)?.slice(offset, offset + count) ?? null);
  }
  CreateBinaryFile(name: string, parentId: number, bytes: Uint8Array): Promise<number> {
    const id = this.enter(parentId, name, this.add(0o100666));
    this.data.set(id, bytes.slice());
    this.inodes[id]!.size = bytes.byteLength;
    return Promise.resolve(id);
  }
  Unlink(parentId: number, name: string): number {
    const id = this.Search(parentId, name);
    this.inodes[parentId]!.direntries.delete(name);
    this.inodes[id]!.nlinks -= 1;
    return 0;
  }
  DeleteData(id: number): Promise<void> {
    this.deleted.push(id);
    this.data.delete(id);
    return Promise.resolve();
  }
  load_from_json = notUsed;
  get_state = notUsed;
  set_state = notUsed;
  SearchPath = notUsed;
}

function notUsed(): never {
  throw new Error('not used');
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
const bytesOf = (content: string): Uint8Array => new Uint8Array(Buffer.from(content));

describe('GuestFiles', () => {
  let fs: FakeFs;
  let files: GuestFiles;
  beforeEach(() => {
    fs = new FakeFs();
    files = new GuestFiles(fs);
    fs.put('/root/notes.txt', 'hello');
    fs.put('/etc/passwd', 'root');
    for (const folder of ['proc', 'sys', 'dev', 'run', 'tmp']) fs.put(`/${folder}`, null);
  });

  it('reads a file by its path, links followed as Linux does', async () => {
    fs.put('/root/here', { link: 'notes.txt' });
    fs.put('/root/up', { link: '../etc/passwd' });
    fs.put('/home', { link: '/root' });
    fs.put('/root/beyond', { link: '../../../../etc/passwd' });
    for (const path of [
      '/root/notes.txt',
      '/root/here',
      '/home/here',
      '//root/./notes.txt',
      'root/notes.txt',
      '/etc/../root/notes.txt',
    ]) {
      expect(text(await files.read(path, 100)), path).toBe('hello');
    }
    expect(text(await files.read('/root/up', 100))).toBe('root');
    expect(text(await files.read('/home/beyond', 100))).toBe('root');
  });

  it('says what is wrong with a path', async () => {
    fs.put('/root/a', { link: 'b' });
    fs.put('/root/b', { link: 'a' });
    fs.put('/root/self', { link: 'self/x' });
    await expect(files.read('/root/none', 100)).rejects.toMatchObject({
      code: 'not-found',
      message: 'There is no /root/none in the VM.',
    });
    await expect(files.read('/root/notes.txt/x', 100)).rejects.toMatchObject({ code: 'not-found' });
    await expect(files.read('/root/a', 100)).rejects.toMatchObject({
      code: 'bad-input',
      message: '/root/a is a loop of symbolic links in the VM.',
    });
    await expect(files.read('/root/self', 100)).rejects.toMatchObject({ code: 'bad-input' });
    await expect(files.read('/root', 100)).rejects.toMatchObject({
      code: 'bad-input',
      message: '/root is not a file in the VM.',
    });
    await expect(files.read('/root/no\0tes', 100)).rejects.toMatchObject({ code: 'bad-input' });
    await expect(files.read('/x'.repeat(3000), 100)).rejects.toMatchObject({ code: 'bad-input' });
    expect(() => files.readDir('/root/notes.txt')).toThrow('is not a folder in the VM');
  });

  it('refuses more than the caller can take', async () => {
    await expect(files.read('/root/notes.txt', 4)).rejects.toMatchObject({
      code: 'limit',
      message: expect.stringContaining('is 5 bytes; at most 4'),
    });
    expect(text(await files.read('/root/notes.txt', 5))).toBe('hello');
    fs.put('/root/empty', '');
    expect((await files.read('/root/empty', 0)).byteLength).toBe(0);
  });

  it('gives bytes that nothing else changes', async () => {
    const read = await files.read('/root/notes.txt', 5);
    read.fill(0);
    expect(text(await files.read('/root/notes.txt', 5))).toBe('hello');
  });

  it('lists a folder by name, without its own entries', () => {
    fs.put('/root/b', null);
    fs.put('/root/a', { link: 'b' });
    expect(files.readDir('/root')).toEqual([
      { name: 'a', kind: 'symlink', mode: expect.any(Number), sizeBytes: 0, modifiedAtS: 7 },
      { name: 'b', kind: 'directory', mode: expect.any(Number), sizeBytes: 0, modifiedAtS: 7 },
      { name: 'notes.txt', kind: 'file', mode: expect.any(Number), sizeBytes: 5, modifiedAtS: 7 },
    ]);
  });

  it('creates a file that belongs to root, with the permissions asked for and the time given', async () => {
    expect(await files.write('/root/new', bytesOf('x'), 0o100755, 1234)).toEqual({ replaced: false });
    const inode = fs.GetInode(fs.Search(fs.Search(0, 'root'), 'new'));
    expect(inode).toMatchObject({ mode: 0o100755, uid: 0, gid: 0, mtime: 1234, ctime: 1234, atime: 1234, size: 1 });
    expect(text(await files.read('/root/new', 9))).toBe('x');
  });

  it('replaces a file and drops the old content', async () => {
    const old = fs.Search(fs.Search(0, 'root'), 'notes.txt');
    expect(await files.write('/root/notes.txt', bytesOf('changed'), 0o644, 1)).toEqual({ replaced: true });
    expect(text(await files.read('/root/notes.txt', 100))).toBe('changed');
    expect(fs.deleted).toEqual([old]);
  });

  it('keeps the content of a file that has another name', async () => {
    const root = fs.Search(0, 'root');
    const old = fs.Search(root, 'notes.txt');
    fs.inodes[root]!.direntries.set('second-name', old);
    fs.inodes[old]!.nlinks = 2;
    await files.write('/root/notes.txt', bytesOf('changed'), 0o644, 1);
    expect(fs.deleted).toEqual([]);
    expect(text(await files.read('/root/second-name', 100))).toBe('hello');
  });

  it('does not write over a folder, into a file, or where there is no folder', async () => {
    await expect(files.write('/root', bytesOf('x'), 0o644, 1)).rejects.toMatchObject({ code: 'exists' });
    await expect(files.write('/root/notes.txt/x', bytesOf('x'), 0o644, 1)).rejects.toBeInstanceOf(FailureError);
    await expect(files.write('/nowhere/x', bytesOf('x'), 0o644, 1)).rejects.toMatchObject({ code: 'not-found' });
    await expect(files.write('/', bytesOf('x'), 0o644, 1)).rejects.toMatchObject({ code: 'bad-input' });
    await expect(files.write(`/root/${'ä'.repeat(128)}`, bytesOf('x'), 0o644, 1)).rejects.toMatchObject({
      code: 'bad-input',
    });
    expect(text(await files.read('/root/notes.txt', 100))).toBe('hello');
  });

  it('never makes a file with a name Linux does not have', async () => {
    for (const path of ['/root/..', '/root/.', '/root/sub/..']) {
      await files
        .write(path, bytesOf('x'), 0o644, 1)
        .catch((cause: unknown) => expect(cause).toBeInstanceOf(FailureError));
    }
    const root = fs.Search(0, 'root');
    expect([fs.Search(root, '.'), fs.Search(root, '..')]).toEqual([root, 0]);
  });

  it.each(['/tmp/x', '/proc/1/mem', '//tmp/x', '/./tmp/x', '/root/../tmp/x', 'tmp/x', '/via/x'])(
    'says that %s cannot be reached, instead of using what the guest does not see',
    async (path) => {
      fs.put('/via', { link: '/tmp' });
      fs.put('/tmp/x', 'hidden');
      await expect(files.read(path, 100)).rejects.toMatchObject({ code: 'unsupported' });
      await expect(files.write(path, bytesOf('x'), 0o644, 1)).rejects.toMatchObject({ code: 'unsupported' });
    },
  );

  it('throws nothing but failures, whatever the path', async () => {
    const part = fc.constantFrom('root', 'notes.txt', '..', '.', '', 'loop', 'tmp', 'a'.repeat(300), '\0', 'é');
    fs.put('/loop', { link: '/loop' });
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string(),
          fc.array(part, { maxLength: 8 }).map((parts) => parts.join('/')),
        ),
        async (path) => {
          const attempts = [
            files.read(path, 100),
            files.write(path, bytesOf('x'), 0o644, 1),
            Promise.resolve().then(() => files.readDir(path)),
          ];
          for (const outcome of await Promise.allSettled(attempts)) {
            if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(FailureError);
          }
          // Nothing was written over a folder.
          expect(fs.IsDirectory(fs.Search(0, 'root'))).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });
});
