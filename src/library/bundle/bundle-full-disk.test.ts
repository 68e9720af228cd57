import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mountSmall } from '../../../scripts/test-small-disk.ts';
import { Library } from '../library.ts';
import { addTestImage } from '../test-image.fixture.ts';
import { machineConfig } from '../../shared/model/machine-config.ts';
import type { StateManifest } from '../../shared/model/state.ts';
import { STATE_PIECE_BYTES } from '../../shared/bulk/resources.ts';

const openLibrary = (home: string): Promise<Library> =>
  Library.join(home, {
    now: Date.now,
    randomBytes: (count) => randomBytes(count),
    // What is tested is a disk that fills up while a file is written.
    freeBytes: () => Promise.resolve(Number.MAX_SAFE_INTEGER),
  });

describe('a bundle on a full disk', () => {
  let folder = '';
  let small = '';
  let mounted = false;
  let library: Library;
  let snapshot: StateManifest;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'terrarium-full-'));
    small = path.join(folder, 'small');
    await mkdir(small);
    mounted = mountSmall(small);
    library = await openLibrary(path.join(folder, 'home'));
    const image = await addTestImage(library, 'tiny', 'tiny-1');
    const config = machineConfig(image);
    const writer = await library.saveState({
      vmId: null,
      vmName: 'x',
      kind: 'snapshot',
      content: 'full',
      name: 'large',
      config,
      parent: null,
    });
    // More than the disk has, and nothing of it compresses.
    for (let piece = 0; piece < 6; piece += 1) await writer.write(randomBytes(STATE_PIECE_BYTES));
    snapshot = await writer.commit();
  });
  afterEach(async () => {
    await library.close();
    if (mounted) execFileSync('umount', [small]);
    await rm(folder, { recursive: true });
  });

  it('is not exported, and leaves nothing', async (context) => {
    if (!mounted) return context.skip('no file system can be mounted here (needs root and the right to mount)');
    const file = path.join(small, 'x.terrarium');
    await writeFile(file, 'what was there before');
    const request = { snapshots: [snapshot.id], withImage: false, since: null, path: file };
    await expect(library.exportBundle(request)).rejects.toMatchObject({
      code: 'disk-full',
      message: expect.stringContaining('The library is untouched.'),
    });
    expect(await readdir(small)).toEqual(['x.terrarium']);
  });

  it('is not imported, and leaves nothing; with room it is', async (context) => {
    if (!mounted) return context.skip('no file system can be mounted here (needs root and the right to mount)');
    const file = path.join(folder, 'x.terrarium');
    await library.exportBundle({ snapshots: [snapshot.id], withImage: true, since: null, path: file });
    const other = await openLibrary(path.join(small, 'home'));
    try {
      await expect(other.importBundle({ path: file })).rejects.toMatchObject({
        code: 'disk-full',
        message: expect.stringContaining('“x.terrarium” was not imported'),
      });
      expect((await other.states.list()).states).toEqual([]);
      expect((await other.images.list()).manifests).toEqual([]);
      expect(await other.collectGarbage({ dryRun: true })).toMatchObject({ states: [], blobs: { count: 0 }, kept: [] });
    } finally {
      await other.close();
    }
    const third = await openLibrary(path.join(folder, 'third'));
    expect(await third.importBundle({ path: file })).toMatchObject({ imported: [{ name: 'large' }] });
    await third.close();
  });
});
