import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readlink, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BlobStore } from './blob-store.ts';
import { machineBulkHandlers } from './machine-source.ts';
import { MemoryStateStore } from './memory-state-store.ts';

const OPEN_FILES = '/proc/self/fd';

describe('what a machine reads of its image', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'terrarium-source-'));
  });
  afterEach(async () => rm(folder, { recursive: true }));

  async function openBelowFolder(): Promise<string[]> {
    const files = await Promise.all(
      // A file that was closed since the folder was read has no link any more.
      (await readdir(OPEN_FILES)).map((name) => readlink(path.join(OPEN_FILES, name)).catch(() => '')),
    );
    return files.filter((file) => file.startsWith(folder));
  }

  it.skipIf(!existsSync(OPEN_FILES))('a file of the wrong size is refused and not kept open', async () => {
    const blobs = new BlobStore(folder);
    const ref = await blobs.put(new Uint8Array(10));
    const handlers = machineBulkHandlers({
      blobs,
      states: new MemoryStateStore(),
      image: {
        kernel: { kind: 'tuned', release: '6.1', bzImage: ref, initrd: null },
        bios: ref,
        vgaBios: ref,
        fsJson: ref,
      },
      start: null,
      saveState: () => Promise.reject(new Error('not asked for here')),
      takePath: () => null,
    });
    await truncate(path.join(folder, ref.sha256.slice(0, 2), ref.sha256), 9);
    for (const kind of ['bios', 'vga-bios', 'kernel', 'fs-json'] as const) {
      await expect(handlers.openRead({ kind })).rejects.toMatchObject({ code: 'damaged' });
    }
    expect(await openBelowFolder()).toEqual([]);
  });
});
