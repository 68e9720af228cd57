import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { damageRecord, TestLibrary } from '../../scripts/test-library.ts';
import type { ImageId, VmId } from '../shared/model/ids.ts';
import type { ImageManifest } from '../shared/model/image.ts';
import { machineConfig } from '../shared/model/machine-config.ts';
import { writeSealed } from './sealed-json.ts';
import { STATE_BYTES as BYTES } from './test-image.fixture.ts';

describe('Library', () => {
  let test: TestLibrary;
  let image: ImageManifest;
  beforeEach(async () => {
    test = await TestLibrary.create();
    image = await test.addImage('tiny');
  });
  afterEach(() => test.dispose());

  describe('creating a VM', () => {
    it('keeps it for the next start, with a trimmed name', async () => {
      const vm = await test.library.createVm({ name: '  My VM ', imageId: image.id, memoryMib: 128 });
      expect(vm).toMatchObject({ name: 'My VM', imageId: image.id, memoryMib: 128, head: null, parent: null });
      await test.reopen();
      expect(await test.library.listVms()).toEqual([vm]);
      expect(await test.library.getVm(vm.id)).toEqual(vm);
    });

    it.each([
      ['a name with /', { name: 'a/b' }, 'bad-input', '“/”'],
      ['a name of 300 characters', { name: 'x'.repeat(300) }, 'bad-input', 'up to 64 characters; this one has 300'],
      ['an empty name', { name: ' ' }, 'bad-input', 'needs a name'],
      ['memory 0', { memoryMib: 0 }, 'bad-input', 'from 48 to 2047 MiB; 0 is not'],
      ['memory 5000', { memoryMib: 5000 }, 'bad-input', 'from 48 to 2047 MiB; 5000 is not'],
      ['an unknown image', { imageId: 'none-1' as ImageId }, 'not-found', 'There is no image with the id none-1'],
      ['a name that is taken', { name: 'taken' }, 'exists', 'There is a VM called “taken” already'],
    ])('refuses %s with a sentence and keeps nothing', async (_what, change, code, words) => {
      const taken = await test.newVm(image, 'taken');
      await expect(
        test.library.createVm({ name: 'new', imageId: image.id, memoryMib: 64, ...change }),
      ).rejects.toMatchObject({
        code,
        message: expect.stringContaining(words),
      });
      expect(await test.library.listVms()).toEqual([taken]);
    });

    it('gives a name once, even when two ask for it at the same time', async () => {
      const outcomes = await Promise.allSettled([test.newVm(image, 'twin'), test.newVm(image, 'twin')]);
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect((await test.library.listVms()).length).toBe(1);
    });
  });

  describe('renaming', () => {
    it('takes a free name or its own again', async () => {
      const vm = await test.newVm(image, 'one');
      await test.newVm(image, 'two');
      expect(await test.library.renameVm(vm.id, 'three')).toEqual({ ...vm, name: 'three' });
      expect(await test.library.renameVm(vm.id, 'three')).toEqual({ ...vm, name: 'three' });
      await expect(test.library.renameVm(vm.id, 'two')).rejects.toMatchObject({ code: 'exists' });
      await expect(test.library.renameVm(vm.id, 'a/b')).rejects.toMatchObject({ code: 'bad-input' });
      await expect(test.library.renameVm('vm-none' as VmId, 'x')).rejects.toMatchObject({ code: 'not-found' });
      expect((await test.library.getVm(vm.id)).name).toBe('three');
    });

    it('does not lose a head that is saved at the same time', async () => {
      const vm = await test.newVm(image, 'one');
      // Looking whether a name is free takes the longer the more VMs there are.
      for (let other = 0; other < 30; other += 1) await test.newVm(image, `other ${other}`);
      const saving = new AbortController();
      const renaming = (async () => {
        for (let round = 0; !saving.signal.aborted; round += 1) await test.library.renameVm(vm.id, `name ${round}`);
      })();
      try {
        for (let round = 0; round < 100; round += 1) {
          const head = await test.save(image, vm, 'head');
          expect((await test.library.getVm(vm.id)).head, `round ${round}`).toBe(head.id);
          await expect(test.library.states.get(head.id), `round ${round}`).resolves.toEqual(head);
        }
      } finally {
        saving.abort();
        await renaming;
      }
      expect(await test.stateIds()).toContain((await test.library.getVm(vm.id)).head);
    });
  });

  describe('saving', () => {
    it('replaces the head only when the new one is committed', async () => {
      const vm = await test.newVm(image);
      const first = await test.save(image, vm, 'head');
      const writer = await test.library.saveState({
        vmId: vm.id,
        kind: 'head',
        content: 'full',
        name: '',
        config: machineConfig(image),
        parent: null,
      });
      await writer.write(BYTES);
      expect((await test.library.getVm(vm.id)).head).toBe(first.id);
      expect(await test.stateIds()).toContain(first.id);
      const second = await writer.commit();
      expect((await test.library.getVm(vm.id)).head).toBe(second.id);
      expect((await test.stateIds()).sort()).toEqual([image.base, second.id].sort());
    });

    it('keeps the head when a new one is given up', async () => {
      const vm = await test.newVm(image);
      const first = await test.save(image, vm, 'head');
      const writer = await test.library.saveState({
        vmId: vm.id,
        kind: 'head',
        content: 'full',
        name: '',
        config: machineConfig(image),
        parent: null,
      });
      await writer.write(BYTES);
      await writer.abort();
      expect((await test.library.getVm(vm.id)).head).toBe(first.id);
      expect((await test.stateIds()).sort()).toEqual([image.base, first.id].sort());
    });

    it('remembers the history: a snapshot becomes the VM’s parent', async () => {
      const vm = await test.newVm(image);
      const snapshot = await test.save(image, vm, 'snapshot', ' named ');
      expect(snapshot).toMatchObject({ kind: 'snapshot', name: 'named', vmId: vm.id, vmName: 'one', parent: null });
      expect(await test.library.getVm(vm.id)).toMatchObject({ parent: snapshot.id, head: null });
    });

    it('refuses a bad snapshot name before anything is written', async () => {
      const vm = await test.newVm(image);
      for (const name of ['', 'a/b', 'x'.repeat(300)])
        await expect(test.save(image, vm, 'snapshot', name)).rejects.toMatchObject({ code: 'bad-input' });
      expect(await test.stateIds()).toEqual([image.base]);
      expect((await readdir(path.join(test.home, 'states'))).filter((name) => name.startsWith('.'))).toEqual([]);
    });

    it('leaves nothing of a state whose VM was deleted meanwhile', async () => {
      const vm = await test.newVm(image);
      const writer = await test.library.saveState({
        vmId: vm.id,
        kind: 'head',
        content: 'full',
        name: '',
        config: machineConfig(image),
        parent: null,
      });
      await writer.write(BYTES);
      await test.library.deleteVm(vm.id);
      await expect(writer.commit()).rejects.toMatchObject({ code: 'not-found' });
      await writer.abort();
      expect(await test.stateIds()).toEqual([image.base]);
    });

    it.each(['head', 'snapshot'] as const)('leaves nothing of a %s when the record cannot be saved', async (kind) => {
      const vm = await test.newVm(image);
      const first = await test.save(image, vm, 'head');
      const record = await readFile(test.vmFile(vm));
      const writer = await test.library.saveState({
        vmId: vm.id,
        kind,
        content: 'full',
        name: 'a',
        config: machineConfig(image),
        parent: null,
      });
      await writer.write(BYTES);
      await damageRecord(test.vmFile(vm));
      await expect(writer.commit()).rejects.toMatchObject({ code: 'damaged' });
      expect((await test.stateIds()).sort()).toEqual([image.base, first.id].sort());
      await writeFile(test.vmFile(vm), record);
      expect((await test.library.getVm(vm.id)).head).toBe(first.id);
    });

    it('keeps an earlier head that another VM resumes from', async () => {
      const vm = await test.newVm(image);
      const shared = await test.save(image, vm, 'head');
      // The library makes no such record; a copied one is no reason to lose a state.
      const other = { ...vm, id: 'vm-other' as VmId, name: 'other', head: shared.id };
      await writeSealed(test.vmFile(other), other);
      await test.save(image, vm, 'head');
      expect(await test.stateIds()).toContain(shared.id);
      await test.library.deleteVm(other.id);
      expect(await test.stateIds()).not.toContain(shared.id);
    });
  });
});
