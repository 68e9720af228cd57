import { createHash } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { BulkClient } from '../shared/bulk/client.ts';
import type { PortLike } from '../shared/bulk/port.ts';
import { serveBulk } from '../shared/bulk/server.ts';
import { FailureError } from '../shared/result.ts';
import { ImageFiles, sha256Hex } from './image-files.ts';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** An image store behind a real bulk port, which counts what is fetched. */
function bench(contents: readonly Uint8Array[]): {
  files: ImageFiles;
  problems: string[];
  fetched: string[];
  served: Map<string, Uint8Array>;
} {
  const served = new Map(contents.map((bytes) => [sha256(bytes), bytes]));
  const problems: string[] = [];
  const fetched: string[] = [];
  const hears: [(message: unknown) => void, (message: unknown) => void] = [() => undefined, () => undefined];
  const port = (mine: 0 | 1): PortLike => ({
    post: (message) => void setImmediate(() => hears[mine === 0 ? 1 : 0](structuredClone(message))),
    onMessage: (listener) => (hears[mine] = listener),
    onClose: () => undefined,
    close: () => undefined,
  });
  serveBulk(port(0), {
    openWrite: () => Promise.reject(new Error('not used')),
    openRead: (resource) => {
      if (resource.kind !== 'file') throw new Error('not used');
      fetched.push(resource.sha256);
      const bytes = served.get(resource.sha256);
      if (!bytes) return Promise.reject(new FailureError('not-found', 'A file of the image is missing on disk.'));
      const pieces = (async function* () {
        for (let at = 0; at < bytes.byteLength; at += 1 << 20)
          yield await Promise.resolve(bytes.subarray(at, at + (1 << 20)));
      })();
      return Promise.resolve({
        header: { sizeBytes: bytes.byteLength, pieceBytes: 1 << 20, plan: null },
        pieces,
      });
    },
  });
  return {
    files: new ImageFiles(new BulkClient(port(1)), (message) => problems.push(message)),
    problems,
    fetched,
    served,
  };
}

describe('ImageFiles', () => {
  const hello = new Uint8Array(Buffer.from('hello world'));

  it('gives the part asked for, and asks for a file once', async () => {
    const { files, fetched } = bench([hello]);
    const parts = await Promise.all([
      files.read(sha256(hello), 0, 5),
      files.read(sha256(hello), 6, 100),
      files.read(sha256(hello), 50, 5),
    ]);
    expect(parts.map((part) => Buffer.from(part).toString())).toEqual(['hello', 'world', '']);
    await files.read(sha256(hello), 0, 1);
    expect(fetched.length).toBe(1);
  });

  it('refuses a file whose content is not what its name says, and says so', async () => {
    const { files, problems, served } = bench([hello]);
    served.set(sha256(hello), new Uint8Array(Buffer.from('hellO world')));
    await expect(files.read(sha256(hello), 0, 5)).rejects.toMatchObject({ code: 'damaged' });
    expect(problems).toEqual([expect.stringContaining('is damaged on disk')]);
    served.set(sha256(hello), hello);
    expect((await files.read(sha256(hello), 0, 5)).byteLength).toBe(5);
  });

  it('reports a missing file and asks again next time', async () => {
    const { files, problems, served } = bench([]);
    await expect(files.read(sha256(hello), 0, 5)).rejects.toMatchObject({ code: 'not-found' });
    expect(problems).toEqual(["A file of this VM's image could not be read: A file of the image is missing on disk."]);
    served.set(sha256(hello), hello);
    expect(Buffer.from(await files.read(sha256(hello), 0, 5)).toString()).toBe('hello');
  });

  it('fetches a file when it is opened, for whoever then reads it', async () => {
    const { files, fetched } = bench([hello]);
    files.opened(sha256(hello), hello.byteLength);
    files.opened(sha256(hello), hello.byteLength);
    expect(Buffer.from(await files.read(sha256(hello), 0, 5)).toString()).toBe('hello');
    files.opened(sha256(hello), hello.byteLength);
    await files.read(sha256(hello), 0, 5);
    expect(fetched.length).toBe(1);
  });

  it('says once that a file is missing, and only when it is read', async () => {
    const { files, problems, fetched } = bench([]);
    files.opened(sha256(hello), hello.byteLength);
    await vi.waitFor(() => expect(fetched.length).toBe(1));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(problems).toEqual([]);
    files.opened(sha256(hello), hello.byteLength);
    const reads = [files.read(sha256(hello), 0, 5), files.read(sha256(hello), 6, 5)];
    for (const read of reads) await expect(read).rejects.toMatchObject({ code: 'not-found' });
    expect(problems.length).toBe(1);
  });

  it('fetches no large and not too many files that nobody has read', async () => {
    const many = Array.from({ length: 40 }, (_, index) => new Uint8Array([index]));
    const { files, fetched } = bench(many);
    files.opened(sha256(hello), 100 * 1024 * 1024);
    for (const bytes of many) files.opened(sha256(bytes), 1);
    await files.read(sha256(many[39]!), 0, 1);
    expect(fetched.length).toBe(33);
  });

  it('keeps a bounded set of files, the last used ones', async () => {
    const large = Array.from({ length: 5 }, (_, index) => new Uint8Array(30 * 1024 * 1024).fill(index));
    const { files, fetched } = bench(large);
    const [first, second] = large.map(sha256) as [string, string];
    for (const bytes of large.slice(0, 3)) await files.read(sha256(bytes), 0, 1);
    await files.read(first, 0, 1);
    await files.read(sha256(large[3]!), 0, 1);
    expect(fetched.length).toBe(4);
    // The second was the one unused for longest.
    await files.read(first, 0, 1);
    expect(fetched.length).toBe(4);
    await files.read(second, 0, 1);
    expect(fetched.length).toBe(5);
  });
});

describe('sha256Hex', () => {
  it('is what everybody calls SHA-256', async () => {
    for (const bytes of [new Uint8Array(0), hello(), new Uint8Array(100_000).fill(7)])
      expect(await sha256Hex(bytes)).toBe(sha256(bytes));
    // A view of a larger buffer is hashed alone.
    expect(await sha256Hex(hello().subarray(1, 3))).toBe(sha256(hello().subarray(1, 3)));
  });

  function hello(): Uint8Array {
    return new Uint8Array(Buffer.from('hello'));
  }
});
