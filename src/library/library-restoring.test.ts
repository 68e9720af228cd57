import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { damageRecord, TestLibrary } from '../../scripts/test-library.ts';
import type { StateId, VmId } from '../shared/model/ids.ts';
import type { ImageManifest } from '../shared/model/image.ts';
import { DEFAULT_NETWORK, type NetworkSettings } from '../shared/model/network.ts';
import { RESTORES_KEPT } from './automatic-snapshots.ts';

describe('going on from a snapshot', () => {
  let test: TestLibrary;
  let image: ImageManifest;
  beforeEach(async () => {
    test = await TestLibrary.create();
    image = await test.addImage('tiny');
  });
  afterEach(() => test.dispose());

  describe('restoring it', () => {
    it('lets the VM resume from it, and keeps the head it had as a snapshot to go back to', async () => {
      const vm = await test.newVm(image);
      const snapshot = await test.save(image, vm, 'snapshot', 'before');
      const head = await test.save(image, vm, 'head');
      const changed = await test.library.makeHead(vm.id, snapshot.id);
      expect(changed).toEqual({ ...vm, head: snapshot.id, parent: snapshot.id });
      expect(await test.library.getVm(vm.id)).toEqual(changed);
      const kept = { ...head, kind: 'snapshot', name: 'Before restoring “before”', madeBy: 'restore' };
      expect(await test.library.states.get(head.id)).toEqual(kept);
      expect(await test.library.makeHead(vm.id, snapshot.id)).toEqual(changed);
      expect((await test.library.snapshots()).map(({ id }) => id)).toEqual([snapshot.id, head.id]);
    });

    it('can be undone, and that as well', async () => {
      const vm = await test.newVm(image);
      const snapshot = await test.save(image, vm, 'snapshot', 'before');
      const head = await test.save(image, vm, 'head');
      await test.library.makeHead(vm.id, snapshot.id);
      const later = await test.save(image, vm, 'head');
      expect(await test.library.makeHead(vm.id, head.id)).toMatchObject({ head: head.id, parent: head.id });
      const kept = await test.library.states.get(later.id);
      expect(kept).toMatchObject({ kind: 'snapshot', name: 'Before undoing a restore', madeBy: 'restore' });
      expect((await test.library.makeHead(vm.id, later.id)).head).toBe(later.id);
    });

    it('keeps the last few heads that were replaced, and all that a person has a hand in', async () => {
      const vm = await test.newVm(image);
      const snapshot = await test.save(image, vm, 'snapshot', 'x'.repeat(64));
      const heads: StateId[] = [];
      for (let time = 0; time < RESTORES_KEPT + 3; time += 1) {
        heads.push((await test.save(image, vm, 'head')).id);
        await test.library.makeHead(vm.id, snapshot.id);
        if (time === 0) await test.library.updateSnapshot(heads[0]!, { name: 'mine' });
      }
      const snapshots = await test.library.snapshots();
      expect(snapshots.map(({ id }) => id)).toEqual([snapshot.id, heads[0], ...heads.slice(-RESTORES_KEPT)]);
      expect(snapshots[1]).toMatchObject({ name: 'mine', madeBy: 'person' });
      expect(snapshots[2]?.name).toBe(`Before restoring “${'x'.repeat(44)}…”`);
    });

    it('keeps the oldest of those heads when it is the one that is gone back to', async () => {
      const vm = await test.newVm(image);
      const snapshot = await test.save(image, vm, 'snapshot', 'before');
      const heads: StateId[] = [];
      for (let time = 0; time < RESTORES_KEPT; time += 1) {
        heads.push((await test.save(image, vm, 'head')).id);
        await test.library.makeHead(vm.id, snapshot.id);
      }
      await test.save(image, vm, 'head');
      expect((await test.library.makeHead(vm.id, heads[0]!)).head).toBe(heads[0]);
      expect(await test.stateIds()).toContain(heads[0]);
    });

    it('works with a head that is damaged or gone: there is nothing to go back to', async () => {
      const vm = await test.newVm(image);
      const snapshot = await test.save(image, vm, 'snapshot');
      const damaged = await test.save(image, vm, 'head');
      await damageRecord(test.stateFile(damaged, 'manifest.json'));
      expect((await test.library.makeHead(vm.id, snapshot.id)).head).toBe(snapshot.id);
      const gone = await test.save(image, vm, 'head');
      await test.library.states.remove(gone.id);
      expect((await test.library.makeHead(vm.id, snapshot.id)).head).toBe(snapshot.id);
      expect(await test.library.snapshots()).toEqual([snapshot]);
    });

    it('takes a snapshot of another VM with the same image and memory, and keeps a head that is a snapshot', async () => {
      const [one, two] = [await test.newVm(image, 'one'), await test.newVm(image, 'two')];
      const [first, second] = [await test.save(image, one, 'snapshot'), await test.save(image, two, 'snapshot')];
      await test.library.makeHead(one.id, first.id);
      expect(await test.library.makeHead(one.id, second.id)).toMatchObject({ head: second.id });
      expect(await test.stateIds()).toEqual(expect.arrayContaining([first.id, second.id]));
    });

    it('refuses what is no snapshot, or of another machine, and changes nothing', async () => {
      const vm = await test.newVm(image, 'one');
      const head = await test.save(image, vm, 'head');
      const other = await test.addImage('other');
      const larger = await test.library.createVm({ name: 'larger', imageId: image.id, memoryMib: 128 });
      const foreign = await test.library.createVm({ name: 'foreign', imageId: other.id, memoryMib: 64 });
      const snapshot = await test.save(image, vm, 'snapshot');
      for (const id of [head.id, image.base, 'st-none' as StateId])
        await expect(test.library.makeHead(vm.id, id)).rejects.toMatchObject({ code: 'not-found' });
      for (const { id } of [larger, foreign])
        await expect(test.library.makeHead(id, snapshot.id)).rejects.toMatchObject({ code: 'config-mismatch' });
      await expect(test.library.makeHead('vm-none' as VmId, snapshot.id)).rejects.toMatchObject({ code: 'not-found' });
      expect(await test.library.getVm(vm.id)).toMatchObject({ head: head.id, parent: snapshot.id });
      expect(await test.library.getVm(larger.id)).toEqual(larger);
      expect(await test.stateIds()).toContain(head.id);
    });
  });

  describe('forking it', () => {
    it('makes a VM that resumes from the snapshot', async () => {
      const vm = await test.newVm(image);
      const snapshot = await test.save(image, vm, 'snapshot');
      const fork = await test.library.fork(snapshot.id, 'fork');
      expect(fork).toMatchObject({
        name: 'fork',
        imageId: image.id,
        memoryMib: 64,
        head: snapshot.id,
        parent: snapshot.id,
      });
      await expect(test.library.fork(snapshot.id, 'fork')).rejects.toMatchObject({ code: 'exists' });
      await expect(test.library.fork('st-none' as StateId, 'x')).rejects.toMatchObject({ code: 'not-found' });
    });

    it('takes the network of the VM the snapshot is of, without its port forwards', async () => {
      const vm = await test.newVm(image);
      const snapshot = await test.save(image, vm, 'snapshot');
      const network: NetworkSettings = {
        profile: 'offline',
        rules: [{ action: 'allow', domain: 'example.org' }],
        hostPorts: [8080],
        forwards: [{ protocol: 'tcp', hostAddress: '127.0.0.1', hostPort: 8080, guestPort: 80 }],
        lan: 'lab',
      };
      expect(await test.library.setVmNetwork(vm.id, network)).toEqual({
        ...(await test.library.getVm(vm.id)),
        network,
      });
      expect((await test.library.fork(snapshot.id, 'fork')).network).toEqual({ ...network, forwards: [] });
      await test.library.deleteVm(vm.id);
      expect((await test.library.fork(snapshot.id, 'orphan')).network).toEqual(DEFAULT_NETWORK);
    });

    it('keeps a snapshot while a fork resumes from it, and lets it go afterwards', async () => {
      const snapshot = await test.save(image, await test.newVm(image), 'snapshot');
      const fork = await test.library.fork(snapshot.id, 'fork');
      await expect(test.library.deleteSnapshot(snapshot.id)).rejects.toMatchObject({
        code: 'busy',
        message: expect.stringContaining('“fork” resumes from this snapshot'),
      });
      expect(await test.stateIds()).toContain(snapshot.id);
      await test.save(image, fork, 'head');
      expect(await test.stateIds()).toContain(snapshot.id);
      await test.library.deleteSnapshot(snapshot.id);
      expect(await test.stateIds()).not.toContain(snapshot.id);
    });

    it('leaves the snapshot alone when the fork is deleted', async () => {
      const snapshot = await test.save(image, await test.newVm(image), 'snapshot');
      const fork = await test.library.fork(snapshot.id, 'fork');
      await test.library.deleteVm(fork.id);
      expect(await test.stateIds()).toContain(snapshot.id);
    });

    it('is of snapshots only: a head belongs to its VM and is removed with it', async () => {
      const head = await test.save(image, await test.newVm(image), 'head');
      await expect(test.library.fork(head.id, 'fork')).rejects.toMatchObject({ code: 'not-found' });
    });
  });
});
