import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { damageRecord, TestLibrary } from '../../scripts/test-library.ts';
import type { ImageManifest } from '../shared/model/image.ts';
import { machineConfig } from '../shared/model/machine-config.ts';

describe('Library', () => {
  let test: TestLibrary;
  let image: ImageManifest;
  beforeEach(async () => {
    test = await TestLibrary.create();
    image = await test.addImage('tiny');
  });
  afterEach(() => test.dispose());

  describe('deleting', () => {
    it('removes a VM and its head, and keeps its snapshots', async () => {
      const vm = await test.newVm(image);
      const snapshot = await test.save(image, vm, 'snapshot');
      const head = await test.save(image, vm, 'head');
      await test.library.deleteVm(vm.id);
      expect(await test.library.listVms()).toEqual([]);
      expect(await test.stateIds()).toContain(snapshot.id);
      expect(await test.stateIds()).not.toContain(head.id);
      await expect(test.library.deleteVm(vm.id)).rejects.toMatchObject({ code: 'not-found' });
    });

    it('deletes snapshots only: not a base snapshot, without which its image cannot start', async () => {
      await expect(test.library.deleteSnapshot(image.base)).rejects.toMatchObject({ code: 'not-found' });
      expect(await test.stateIds()).toEqual([image.base]);
      await damageRecord(path.join(test.home, 'states', image.base, 'manifest.json'));
      await expect(test.library.deleteSnapshot(image.base)).rejects.toMatchObject({ code: 'not-found' });
      expect((await test.library.states.list()).damaged.map(({ id }) => id)).toEqual([image.base]);
    });

    it('has no complaint about a snapshot that is gone already', async () => {
      const snapshot = await test.save(image, await test.newVm(image), 'snapshot');
      await Promise.all([test.library.deleteSnapshot(snapshot.id), test.library.deleteSnapshot(snapshot.id)]);
      expect(await test.stateIds()).toEqual([image.base]);
    });

    it('can delete a damaged snapshot', async () => {
      const snapshot = await test.save(image, await test.newVm(image), 'snapshot');
      await damageRecord(path.join(test.home, 'states', snapshot.id, 'manifest.json'));
      await test.library.deleteSnapshot(snapshot.id);
      expect((await test.library.states.list()).damaged).toEqual([]);
    });

    it('keeps an image that a VM or a snapshot needs, and names who', async () => {
      const vm = await test.newVm(image, 'needy');
      await expect(test.library.deleteImage(image.id)).rejects.toMatchObject({
        code: 'busy',
        message: 'The image “tiny” is needed by VM “needy”, so it was kept.',
      });
      await test.save(image, vm, 'snapshot', 'precious');
      await test.library.deleteVm(vm.id);
      await expect(test.library.deleteImage(image.id)).rejects.toMatchObject({
        code: 'busy',
        message: 'The image “tiny” is needed by snapshot “precious”, so it was kept.',
      });
      expect((await test.library.images.list()).manifests).toEqual([image]);
    });

    it('removes an image with its base snapshot and its own files, not those others share', async () => {
      const other = await test.addImage('other');
      await test.library.deleteImage(image.id);
      expect((await test.library.images.list()).manifests).toEqual([other]);
      expect(await test.stateIds()).toEqual([other.base]);
      for (const ref of [other.bios, other.fsJson, other.kernel.bzImage])
        expect(await test.library.blobs.has(ref)).toBe(true);
      expect(await test.library.blobs.has(image.fsJson)).toBe(false);
    });

    it('keeps every file while some image’s record cannot be read', async () => {
      const other = await test.addImage('other');
      await damageRecord(path.join(test.home, 'images', `${other.id}.json`));
      await test.library.deleteImage(image.id);
      expect(await test.library.blobs.has(other.fsJson)).toBe(true);
    });

    it.each(['missing', 'damaged'])('removes an image while the list of files of another is %s', async (what) => {
      const other = await test.addImage('other');
      const listOfFiles = path.join(test.home, 'blobs', other.fsJson.sha256.slice(0, 2), other.fsJson.sha256);
      if (what === 'missing') await rm(listOfFiles);
      else await writeFile(listOfFiles, '{"fsroot":[]}');
      await test.library.deleteImage(image.id);
      expect((await test.library.images.list()).manifests).toEqual([other]);
      expect(await test.stateIds()).toEqual([other.base]);
      // What the other one needs is not known, so nothing is swept.
      expect(await test.library.blobs.has(image.fsJson)).toBe(true);
    });

    it('succeeds when the image is gone but some of its files stay', async () => {
      // A folder where a blob should be cannot be removed as a file.
      await mkdir(path.join(test.home, 'blobs', '00', '0'.repeat(64)), { recursive: true });
      await test.library.deleteImage(image.id);
      expect((await test.library.images.list()).manifests).toEqual([]);
      expect(await test.stateIds()).toEqual([]);
    });
  });

  describe('opening', () => {
    it('finds everything as it was', async () => {
      const vm = await test.newVm(image);
      const [snapshot, head] = [await test.save(image, vm, 'snapshot'), await test.save(image, vm, 'head')];
      const problems = await test.reopen();
      expect(problems).toEqual([]);
      expect((await test.library.states.list()).states.map(({ id }) => id).sort()).toEqual(
        [image.base, snapshot.id, head.id].sort(),
      );
      expect(await test.library.images.get(image.id)).toEqual(image);
    });

    it('removes leftovers of every kind', async () => {
      for (const folder of ['states', 'blobs', 'images', 'vms'])
        await mkdir(path.join(test.home, folder), { recursive: true });
      await mkdir(path.join(test.home, 'states', '.new-st-9'));
      await writeFile(path.join(test.home, 'blobs', '.new-9'), 'x');
      await writeFile(path.join(test.home, 'images', 'tiny-9.json.new-9'), 'x');
      await writeFile(path.join(test.home, 'vms', 'vm-9.json.new-9'), 'x');
      const problems = await test.reopen();
      expect(problems).toEqual([]);
      const names = await readdir(test.home, { recursive: true });
      expect(names.filter((name) => name.includes('.new-'))).toEqual([]);
    });

    it('removes a head nobody resumes from, and an unfinished image’s base', async () => {
      const vm = await test.newVm(image);
      const kept = await test.save(image, vm, 'head');
      // As if the app had been killed between the commit of a head and the change of the VM's record.
      const record = await readFile(test.vmFile(vm));
      const orphan = await test.save(image, vm, 'head');
      await writeFile(test.vmFile(vm), record);
      const base = await test.library.saveBase('half', machineConfig(image));
      const unfinished = await base.commit();
      await test.library.close();
      expect(await test.stateIds()).toEqual(expect.arrayContaining([orphan.id, unfinished.id]));
      await test.reopen();
      // The VM's record names a head that was removed before; nothing else is lost by that.
      expect(await test.stateIds()).toEqual([image.base]);
      expect((await test.library.getVm(vm.id)).head).toBe(kept.id);
    });

    it('removes nothing while a record is damaged, since it may need what looks unneeded', async () => {
      const vm = await test.newVm(image);
      const head = await test.save(image, vm, 'head');
      await damageRecord(test.vmFile(vm));
      const problems = await test.reopen();
      expect(problems).toEqual([
        `The VM ${vm.id} is damaged on disk (its checksum does not match) and was not loaded.`,
      ]);
      expect((await test.library.states.list()).states.map(({ id }) => id)).toContain(head.id);
      expect(await test.library.listVms()).toEqual([]);
    });

    it('removes nothing while an image is damaged', async () => {
      await damageRecord(path.join(test.home, 'images', `${image.id}.json`));
      const problems = await test.reopen();
      expect(problems.length).toBe(1);
      expect((await test.library.states.list()).states.map(({ id }) => id)).toEqual([image.base]);
    });

    it('names a damaged state, and everything else works', async () => {
      const vm = await test.newVm(image);
      const [bad, good] = [
        await test.save(image, vm, 'snapshot', 'bad'),
        await test.save(image, vm, 'snapshot', 'good'),
      ];
      await damageRecord(path.join(test.home, 'states', bad.id, 'manifest.json'));
      const problems = await test.reopen();
      expect(problems).toEqual([expect.stringContaining(bad.id)]);
      expect(await test.library.fork(good.id, 'fork')).toMatchObject({ head: good.id });
      await expect(test.library.fork(bad.id, 'other')).rejects.toMatchObject({ code: 'damaged' });
    });

    it('as a second process cleans nothing up', async () => {
      await mkdir(path.join(test.home, 'states', '.new-st-9'));
      const base = await (await test.library.saveBase('half', machineConfig(image))).commit();
      const joined = await test.join();
      expect((await joined.states.list()).states.map(({ id }) => id)).toContain(base.id);
      expect(await readdir(path.join(test.home, 'states'))).toContain('.new-st-9');
    });
  });

  describe('finding an image', () => {
    it('takes an id or a name, the newest of that name', async () => {
      const other = await test.addImage('other');
      expect(await test.library.images.find('tiny')).toEqual(image);
      expect(await test.library.images.find(other.id)).toEqual(other);
      await expect(test.library.images.find('none')).rejects.toMatchObject({
        code: 'not-found',
        message: expect.stringContaining('Built images: other, tiny'),
      });
    });
  });
});
