import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mountSmall } from '../../scripts/test-small-disk.ts';
import { TestLibrary } from '../../scripts/test-library.ts';

describe('a library on a full disk', () => {
  let folder = '';
  let mounted = false;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'terrarium-full-'));
    mounted = mountSmall(folder);
  });
  afterEach(async () => {
    if (mounted) execFileSync('umount', [folder]);
    await rm(folder, { recursive: true });
  });

  it('opens, and snapshots can be deleted to make room', async (context) => {
    if (!mounted) return context.skip('no file system can be mounted here (needs root and the right to mount)');
    const test = await TestLibrary.create(path.join(folder, 'home'));
    const image = await test.addImage('tiny');
    const snapshot = await test.saveSnapshot(image, 'large');
    await test.library.close();
    const fill = path.join(folder, 'other-data');
    await expect(writeFile(fill, new Uint8Array(5 * 1024 * 1024))).rejects.toMatchObject({ code: 'ENOSPC' });
    expect((await stat(fill)).size).toBeGreaterThan(0);

    expect(await test.reopen()).toEqual([]);
    await expect(test.saveSnapshot(image, 'more')).rejects.toMatchObject({ code: 'disk-full' });
    // A second process has no spare file left: it says why it cannot, and changes nothing.
    const other = await test.join();
    await expect(other.deleteSnapshot(snapshot.id)).rejects.toMatchObject({ code: 'disk-full' });
    await test.library.deleteSnapshot(snapshot.id);
    expect(await test.library.snapshots()).toEqual([]);
    await other.close();
    await test.library.close();
  });
});
