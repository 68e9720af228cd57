import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestLibrary } from '../../scripts/test-library.ts';
import type { ImageManifest } from '../shared/model/image.ts';
import { TAGS_MAX } from '../shared/model/names.ts';
import { DELETED_VM_KEPT_MS, type VmRecord } from '../shared/model/vm.ts';
import { parseVmRecord } from './schemas.ts';
import { isDeletionOver } from './vm-deletions.ts';

describe('records of VMs', () => {
  let test: TestLibrary;
  let image: ImageManifest;
  let vm: VmRecord;
  beforeEach(async () => {
    test = await TestLibrary.create();
    image = await test.addImage('tiny');
    vm = await test.newVm(image, 'web');
  });
  afterEach(() => test.dispose());

  const names = async (): Promise<readonly string[]> => (await test.library.listVms()).map(({ name }) => name);
  const heads = async (): Promise<readonly string[]> =>
    (await test.library.states.list()).states.filter(({ kind }) => kind === 'head').map(({ id }) => id);

  describe('tags', () => {
    it('are kept trimmed and once each', async () => {
      expect(vm.tags).toEqual([]);
      expect(await test.library.setVmTags(vm.id, [' work ', 'db', 'work'])).toMatchObject({ tags: ['work', 'db'] });
      expect(await test.library.getVm(vm.id)).toMatchObject({ tags: ['work', 'db'] });
    });

    it('are refused in words where they are no tags', async () => {
      const many = Array.from({ length: TAGS_MAX + 1 }, (_, index) => `tag ${index}`);
      for (const tags of [[''], ['a\nb'], ['x'.repeat(25)], many])
        await expect(test.library.setVmTags(vm.id, tags)).rejects.toMatchObject({ code: 'bad-input' });
      await expect(test.library.setVmTags(vm.id, many)).rejects.toThrow('A VM can have up to');
      expect(await test.library.getVm(vm.id)).toEqual(vm);
    });

    it('are none of a record from before there were any, and of one that has more than there may be', () => {
      const old = Object.fromEntries(Object.entries(vm).filter(([field]) => field !== 'tags'));
      expect(parseVmRecord(old, 'it')).toMatchObject({ name: 'web', tags: [] });
      expect(parseVmRecord({ ...old, tags: ['x'.repeat(10_000)] }, 'it').tags).toEqual([]);
    });
  });

  describe('a deleted VM', () => {
    it('is in no list, and comes back as it was', async () => {
      const head = await test.save(image, vm, 'head');
      await test.library.deleteVmForNow(vm.id);
      expect(await names()).toEqual([]);
      await expect(test.library.getVm(vm.id)).rejects.toMatchObject({ code: 'not-found' });
      await expect(test.library.holdVm(vm.id)).rejects.toMatchObject({ code: 'not-found' });
      await test.library.collectGarbage({ dryRun: false });
      expect(await test.library.undeleteVm(vm.id)).toEqual({ ...vm, head: head.id });
      expect(await names()).toEqual(['web']);
      expect(await heads()).toEqual([head.id]);
    });

    it('comes back beside one that has its name now', async () => {
      await test.library.deleteVmForNow(vm.id);
      await test.newVm(image, 'web');
      expect((await test.library.undeleteVm(vm.id)).name).toBe('web 2');
    });

    it('goes for good with its head, and then cannot be had back', async () => {
      await test.save(image, vm, 'head');
      await test.library.deleteVmForNow(vm.id);
      await test.library.removeDeletedVms([]);
      expect(await test.library.deletedVms()).toMatchObject([{ id: vm.id }]);
      await test.library.removeDeletedVms([vm.id]);
      expect(await heads()).toEqual([]);
      await expect(test.library.undeleteVm(vm.id)).rejects.toMatchObject({ code: 'not-found' });
      expect(await test.library.deletedVms()).toEqual([]);
    });

    it('goes when the library is opened after its time, as after a crash', async () => {
      await test.save(image, vm, 'head');
      const { deletedAt = '' } = await test.library.deleteVmForNow(vm.id);
      const deletedMs = Date.parse(deletedAt);
      expect(isDeletionOver({ deletedAt }, deletedMs + DELETED_VM_KEPT_MS - 1)).toBe(false);
      expect(isDeletionOver({ deletedAt }, deletedMs + DELETED_VM_KEPT_MS)).toBe(true);
      // A clock that was set back.
      expect(isDeletionOver({ deletedAt }, deletedMs - 2 * DELETED_VM_KEPT_MS)).toBe(true);
      expect(isDeletionOver({ deletedAt: 'some day' }, deletedMs)).toBe(true);
      expect(isDeletionOver({}, deletedMs)).toBe(false);
      test.waitMs(DELETED_VM_KEPT_MS);
      await test.library.close();
      await test.reopen();
      expect(await heads()).toEqual([]);
      expect(await test.library.deletedVms()).toEqual([]);
    });

    it('is kept from nothing: what it would need can be deleted, and it is then gone', async () => {
      const snapshot = await test.save(image, vm, 'snapshot');
      const fork = await test.library.fork(snapshot.id, 'fork');
      await test.library.deleteVmForNow(fork.id);
      await test.library.deleteSnapshot(snapshot.id);
      await expect(test.library.undeleteVm(fork.id)).rejects.toMatchObject({ code: 'not-found' });
      await test.library.deleteVmForNow(vm.id);
      await test.library.deleteImage(image.id);
      expect(await test.library.deletedVms()).toEqual([]);
    });

    it('is refused while another process runs it', async () => {
      const beside = await test.join();
      const hold = await beside.holdVm(vm.id);
      await expect(test.library.deleteVmForNow(vm.id)).rejects.toMatchObject({ code: 'busy' });
      await hold.release();
      await beside.close();
      expect(await names()).toEqual(['web']);
    });
  });

  describe('a duplicate', () => {
    it('of a VM that was never saved starts as that would', async () => {
      await test.library.setVmTags(vm.id, ['work']);
      const two = await test.library.duplicateVm(vm.id, 'web 2', null);
      expect(two).toMatchObject({ name: 'web 2', head: null, tags: ['work'], imageId: image.id });
      expect(two.id).not.toBe(vm.id);
    });

    it('shares the head until either is saved again, and loses nothing then', async () => {
      const head = await test.save(image, vm, 'head');
      const two = await test.library.duplicateVm(vm.id, 'web 2', null);
      expect(two.head).toBe(head.id);
      const own = await test.save(image, vm, 'head');
      expect([...(await heads())].sort()).toEqual([head.id, own.id].sort());
      await test.library.deleteVm(vm.id);
      expect(await heads()).toEqual([head.id]);
      await test.library.deleteVm(two.id);
      expect(await heads()).toEqual([]);
    });

    it('of a running VM takes the snapshot that was made for it out of the tree', async () => {
      const first = await test.save(image, vm, 'snapshot', 'first');
      const now = await test.save(image, vm, 'snapshot', 'now');
      const two = await test.library.duplicateVm(vm.id, 'web 2', now.id);
      expect(two).toMatchObject({ head: now.id, parent: null });
      expect((await test.library.snapshots()).map(({ id }) => id)).toEqual([first.id]);
      expect(await test.library.getVm(vm.id)).toMatchObject({ head: null, parent: null });
      // The machine that runs on believes that its history continues from it.
      const writer = await test.library.saveState({
        ...{ vmId: vm.id, kind: 'snapshot', content: 'full', name: 'next', config: now.config },
        parent: now.id,
      });
      await writer.write(new Uint8Array(10));
      expect((await writer.commit()).parent).toBeNull();
      await test.library.deleteVm(two.id);
      expect(await heads()).toEqual([]);
    });

    it('is refused under a name that is taken, or from another VM’s snapshot', async () => {
      const other = await test.newVm(image, 'other');
      const snapshot = await test.save(image, other, 'snapshot');
      await expect(test.library.duplicateVm(vm.id, 'other', null)).rejects.toMatchObject({ code: 'exists' });
      await expect(test.library.duplicateVm(vm.id, 'two', snapshot.id)).rejects.toMatchObject({ code: 'bad-input' });
      expect(await names()).toEqual(['web', 'other']);
    });
  });
});
