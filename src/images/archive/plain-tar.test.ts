import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sniffArchive } from './sniff-archive.ts';
import { withPlainTar } from './plain-tar.ts';

let folder: string;
let tar: Buffer;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'terrarium-tarball-'));
  const archive = pack();
  archive.entry({ name: 'etc/motd' }, 'hello');
  archive.entry({ name: 'bin/data' }, randomBytes(300_000));
  archive.finalize();
  const pieces: Uint8Array[] = [];
  for await (const piece of archive) pieces.push(piece as Uint8Array);
  tar = Buffer.concat(pieces);
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

const options = (maxBytes?: number) => ({
  signal: new AbortController().signal,
  onProgress: () => undefined,
  ...(maxBytes === undefined ? {} : { maxBytes }),
});

async function file(name: string, bytes: Uint8Array): Promise<string> {
  const full = path.join(folder, name);
  await writeFile(full, bytes);
  return full;
}

const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const unpackedHash = async (from: string) => withPlainTar(from, options(), async (at) => hash(await readFile(at)));
const temporaryFolders = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('terrarium-import-'));

function compressed(command: string, bytes: Uint8Array): Buffer {
  const done = spawnSync(command, ['-c'], { input: bytes, maxBuffer: 1e9 });
  if (done.error) throw done.error;
  return done.stdout;
}

describe('a tarball', () => {
  it('is taken as it is when it is not compressed', async () => {
    const plain = await file('rootfs.tar', tar);
    expect(await withPlainTar(plain, options(), (at) => Promise.resolve(at))).toBe(plain);
  });

  it('is unpacked, whatever it is called, into a file that goes afterwards', async () => {
    const before = await temporaryFolders();
    expect(await unpackedHash(await file('rootfs', gzipSync(tar)))).toBe(hash(tar));
    expect(await unpackedHash(await file('rootfs.zip', compressed('xz', tar)))).toBe(hash(tar));
    expect(await unpackedHash(await file('rootfs.tar', compressed('zstd', tar)))).toBe(hash(tar));
    expect(await temporaryFolders()).toEqual(before);
  });

  it('says how far it is', async () => {
    const seen: number[] = [];
    const packed = gzipSync(tar);
    const from = await file('progress.tar.gz', packed);
    const onProgress = (readBytes: number, sizeBytes: number) => seen.push(readBytes / sizeBytes);
    await withPlainTar(from, { ...options(), onProgress }, () => Promise.resolve());
    expect(seen.at(-1)).toBe(1);
  });

  it('is refused in a sentence when it is none, or is not there', async () => {
    const task = () => Promise.resolve('imported');
    await expect(withPlainTar(path.join(folder, 'nowhere'), options(), task)).rejects.toThrow(
      'nowhere does not exist.',
    );
    await expect(withPlainTar(folder, options(), task)).rejects.toThrow('is no file');
    await expect(withPlainTar(await file('x.tar', Buffer.from('no')), options(), task)).rejects.toThrow(
      'is no tarball',
    );
    const zeros = await file('zeros.tar', Buffer.alloc(1024));
    await expect(withPlainTar(zeros, options(), task)).rejects.toThrow('is no tarball');
  });

  it('is refused when it is cut short, and leaves nothing', async () => {
    const before = await temporaryFolders();
    const gzip = gzipSync(tar);
    await expect(unpackedHash(await file('cut.gz', gzip.subarray(0, gzip.length / 2)))).rejects.toMatchObject({
      code: 'damaged',
    });
    const xz = compressed('xz', tar);
    await expect(unpackedHash(await file('cut.xz', xz.subarray(0, xz.length / 2)))).rejects.toMatchObject({
      code: 'damaged',
    });
    // Refused at its first bytes, while the rest is still being written to the program.
    const spoiled = Buffer.concat([xz.subarray(0, 12), randomBytes(4_000_000)]);
    await expect(unpackedHash(await file('spoiled.xz', spoiled))).rejects.toMatchObject({ code: 'damaged' });
    expect(await temporaryFolders()).toEqual(before);
  });

  it('may not unpack without end', async () => {
    const bomb = Buffer.concat([tar, Buffer.alloc(50_000_000)]);
    for (const [name, bytes] of [
      ['bomb.gz', gzipSync(bomb)],
      ['bomb.xz', compressed('xz', bomb)],
    ] as const) {
      const unpacking = withPlainTar(await file(name, bytes), options(1_000_000), () => Promise.resolve());
      await expect(unpacking).rejects.toMatchObject({ code: 'limit' });
    }
  });

  it('is given up when the person stops', async () => {
    const stopped = { ...options(), signal: AbortSignal.abort() };
    const from = await file('stopped.tar.gz', gzipSync(tar));
    await expect(withPlainTar(from, stopped, () => Promise.resolve())).rejects.toMatchObject({ code: 'cancelled' });
  });
});

it('is known by its first bytes alone', () => {
  expect(sniffArchive(tar.subarray(0, 512))).toBe('tar');
  expect(sniffArchive(tar.subarray(0, 511))).toBeNull();
  fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => sniffArchive(bytes) !== 'tar'));
});
