import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BlobStore } from './blob-store.ts';

const BYTES = new Uint8Array(Buffer.from('a file of an image'));

describe('BlobStore', () => {
  let folder = '';
  let blobs: BlobStore;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'terrarium-blobs-'));
    blobs = new BlobStore(folder);
  });
  afterEach(async () => rm(folder, { recursive: true }));
  const fileOf = (sha256: string): string => path.join(folder, sha256.slice(0, 2), sha256);

  it('gives back what it was given', async () => {
    const ref = await blobs.put(BYTES);
    const { sizeBytes, pieces } = await blobs.open(ref.sha256);
    const got: Uint8Array[] = [];
    for await (const piece of pieces) got.push(piece);
    expect(sizeBytes).toBe(BYTES.byteLength);
    expect(Buffer.concat(got).equals(BYTES)).toBe(true);
  });

  it('keeps what comes in pieces under the same name, and nothing of what breaks off', async () => {
    const whole = await blobs.put(BYTES);
    const breaking = async function* (breaks: boolean): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(BYTES.subarray(0, 5));
      if (breaks) throw new Error('broke off');
      yield BYTES.subarray(5);
    };
    await writeFile(fileOf(whole.sha256), 'damaged');
    expect(await blobs.putPieces(breaking(false))).toEqual(whole);
    expect(new Uint8Array(await readFile(fileOf(whole.sha256)))).toEqual(BYTES);
    await expect(blobs.putPieces(breaking(true))).rejects.toThrow('broke off');
    expect(await readdir(folder)).toEqual([whole.sha256.slice(0, 2)]);
  });

  it('does not write again what is there already', async () => {
    const { sha256 } = await blobs.put(BYTES);
    const { ino } = await stat(fileOf(sha256));
    expect(await blobs.put(BYTES)).toEqual({ sha256, sizeBytes: BYTES.byteLength });
    expect((await stat(fileOf(sha256))).ino).toBe(ino);
  });

  it.each([
    ['has a flipped bit', Uint8Array.from(BYTES, (byte, index) => (index === 3 ? byte ^ 1 : byte))],
    ['is cut short', BYTES.slice(0, 4)],
    ['is empty', new Uint8Array(0)],
  ])('repairs a file that %s when its bytes are put again', async (_what, damagedBytes) => {
    const { sha256 } = await blobs.put(BYTES);
    await writeFile(fileOf(sha256), damagedBytes);
    await blobs.put(BYTES);
    expect((await readFile(fileOf(sha256))).equals(BYTES)).toBe(true);
    expect((await readdir(folder)).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('says which file is missing, also when it goes after it was looked at', async () => {
    const { sha256 } = await blobs.put(BYTES);
    const { pieces } = await blobs.open(sha256);
    await rm(fileOf(sha256));
    const failure = { code: 'not-found', message: expect.stringContaining(sha256.slice(0, 12)) };
    await expect(pieces[Symbol.asyncIterator]().next()).rejects.toMatchObject(failure);
    await expect(blobs.open(sha256)).rejects.toMatchObject(failure);
  });

  it.each([0, 1, 128 * 1024 - 1, 128 * 1024, 128 * 1024 + 1, 2_500_000])(
    'gives a file of %i bytes whole',
    async (size) => {
      const bytes = Uint8Array.from({ length: size }, (_, index) => (index * 7) % 251);
      const { sha256 } = await blobs.put(bytes);
      const { sizeBytes, pieces } = await blobs.take(sha256);
      const taken: Uint8Array[] = [];
      for await (const piece of pieces) taken.push(piece);
      expect(sizeBytes).toBe(size);
      expect(Buffer.concat(taken).equals(bytes)).toBe(true);
    },
  );

  it('says which file is missing when it is to be taken', async () => {
    const { sha256 } = await blobs.put(BYTES);
    await rm(fileOf(sha256));
    await expect(blobs.take(sha256)).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining(sha256.slice(0, 12)),
    });
  });
});
