import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestLibrary } from '../../../scripts/test-library.ts';
import { FailureError } from '../../shared/result.ts';
import type { BuildOrder } from '../image-builder-protocol.ts';
import { imageFileHandlers } from './image-file-handlers.ts';

describe('calls about images out of files', () => {
  let folder: string;
  let test: TestLibrary;
  let chosen: string | null = null;
  let orders: BuildOrder[] = [];
  let failure: FailureError | null = null;
  let tokens = 0;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'terrarium-image-file-'));
    test = await TestLibrary.create();
    await writeFile(path.join(folder, 'rootfs.tar.xz'), 'four');
    chosen = path.join(folder, 'rootfs.tar.xz');
    orders = [];
    failure = null;
    tokens = 0;
  });
  afterEach(async () => {
    await test.dispose();
    await rm(folder, { recursive: true });
  });

  const calls = () =>
    imageFileHandlers({
      library: test.library,
      builds: {
        build: async (order) => {
          orders.push(order);
          if (failure) throw failure;
          const { id } = await test.addImage('built');
          return { imageId: id, warnings: ['2 devices were left out.'] };
        },
      },
      buildPlaces: { home: '/h', cacheRoot: '/c', resourcesFolder: '/r', workerPath: '/w', wasmPath: '/m' },
      events: { send: () => undefined },
      changing: (change) => change,
      randomHex: () => String((tokens += 1)).padStart(32, '0'),
      chooseFile: () => Promise.resolve(chosen),
    });

  it('name the file, not its path, and build an image of it', async () => {
    const { 'image.chooseFile': choose, 'image.import': start } = calls();
    const file = await choose(undefined);
    expect(file).toEqual({ token: '1'.padStart(32, '0'), name: 'rootfs.tar.xz', sizeBytes: 4, kind: 'file' });
    const request = { token: file?.token ?? '', name: ' mine ', kernel: 'auto' as const, memoryMib: 256 };
    expect(await start(request)).toMatchObject({ image: { name: 'built' }, notes: ['2 devices were left out.'] });
    expect(orders[0]).toMatchObject({ recipe: 'tarball', tarball: { path: chosen, name: 'mine', memoryMib: 256 } });
  });

  it('let a person try again after a failure', async () => {
    const { 'image.chooseFile': choose, 'image.import': start } = calls();
    const token = (await choose(undefined))?.token ?? '';
    const request = { token, name: 'mine', kernel: 'auto' as const, memoryMib: null };
    failure = new FailureError('damaged', 'It is cut off.');
    await expect(start(request)).rejects.toThrow('It is cut off.');
    failure = null;
    expect(await start(request)).toMatchObject({ image: { name: 'built' } });
  });

  it('refuse files that were not chosen, names and sizes of memory that no machine can have', async () => {
    const { 'image.chooseFile': choose, 'image.import': start } = calls();
    const request = { token: 'f'.repeat(32), name: 'mine', kernel: 'auto' as const, memoryMib: null };
    await expect(start(request)).rejects.toThrow('not chosen any more');
    const token = (await choose(undefined))?.token ?? '';
    await expect(start({ ...request, token, name: '' })).rejects.toMatchObject({ code: 'bad-input' });
    await expect(start({ ...request, token, memoryMib: 1 })).rejects.toMatchObject({ code: 'bad-input' });
    expect(orders).toEqual([]);
  });

  it('answer with nothing when the dialog was closed, and in words when it is no file', async () => {
    const { 'image.chooseFile': choose } = calls();
    chosen = null;
    expect(await choose(undefined)).toBeNull();
    chosen = folder;
    await expect(choose(undefined)).rejects.toThrow('is no file');
    chosen = path.join(folder, 'gone');
    await expect(choose(undefined)).rejects.toThrow('“gone” cannot be read');
  });
});
