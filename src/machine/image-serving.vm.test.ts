import { rm } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { copyHome, joinHome } from '../../scripts/test-home.ts';
import { TestMachine } from '../../scripts/test-machine.ts';
import type { Library } from '../library/library.ts';

const DROP = 'sync; echo 3 >/proc/sys/vm/drop_caches';

describe('files of an image, served to a guest', () => {
  let home = '';
  let library: Library;
  let machine: TestMachine | null = null;
  beforeEach(async () => {
    home = await copyHome(inject('tinyHome'));
    library = await joinHome(home);
  });
  afterEach(async () => {
    machine?.dispose();
    machine = null;
    await rm(home, { recursive: true });
  });

  it('come from the disk once, however often the guest opens them and forgets them', async () => {
    const taken: string[] = [];
    const take = library.blobs.take.bind(library.blobs);
    vi.spyOn(library.blobs, 'take').mockImplementation((sha256) => {
      taken.push(sha256);
      return take(sha256);
    });
    const image = await library.images.find('tiny');
    const vm = await library.createVm({ name: 'reader', imageId: image.id, memoryMib: image.memoryMib });
    machine = await TestMachine.start({ library, parts: inject('machineParts'), vm, image, from: 'base' });
    const terminal = await machine.terminal();
    await terminal.waitFor(/~ # /);
    const readAll = `cat /bin/busybox /etc/os-release >/dev/null; ${DROP}`;
    const { status } = await terminal.run(
      `${readAll}; ${readAll}; (cat /bin/busybox & cat /bin/busybox; wait) | wc -c`,
    );

    expect(status).toBe(0);
    expect(taken.length).toBeGreaterThanOrEqual(2);
    expect(taken.length).toBe(new Set(taken).size);
  });
});
