import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ImageId, StateId, VmId } from '../shared/model/ids.ts';
import type { BlobRef, ImageManifest } from '../shared/model/image.ts';
import { machineConfig, V86_VERSION } from '../shared/model/machine-config.ts';
import { DEFAULT_NETWORK, type NetworkSettings } from '../shared/model/network.ts';
import type { StateManifest } from '../shared/model/state.ts';
import type { VmRecord } from '../shared/model/vm.ts';
import { Library } from './library.ts';
import { writeSealed } from './sealed-json.ts';

const BYTES = Uint8Array.of(1, 2, 3);

describe('Library', () => {
  let home = '';
  let library: Library;
  let image: ImageManifest;
  beforeEach(async () => {
    home = await mkdtemp(path.join(tmpdir(), 'terrarium-library-'));
    library = (await open()).library;
    image = await addImage('tiny');
  });
  afterEach(async () => rm(home, { recursive: true }));

  let clockMs = Date.UTC(2026, 0, 1);
  const open = (): ReturnType<typeof Library.open> =>
    Library.open(home, { now: () => (clockMs += 1000), randomBytes: (count) => randomBytes(count) });

  /** An image of a few small files, as a build leaves it. */
  async function addImage(name: string, file = `file of ${name}`): Promise<ImageManifest> {
    const keep = (content: string): Promise<BlobRef> => library.blobs.put(new Uint8Array(Buffer.from(content)));
    const content = await keep(file);
    const fsroot = [['etc', 4096, 0, 0o40755, 0, 0, [['f', content.sizeBytes, 0, 0o100644, 0, 0, content.sha256]]]];
    const refs = {
      bios: await keep('bios'),
      vgaBios: await keep('vga bios'),
      fsJson: await keep(JSON.stringify({ fsroot, version: 3, size: 1 })),
      bzImage: await keep('kernel'),
    };
    const id = `${name}-1` as ImageId;
    const writer = await library.saveBase(name, machineConfig({ id, fsJson: refs.fsJson, memoryMib: 64 }));
    await writer.write(BYTES);
    const base = await writer.commit();
    const manifest: ImageManifest = {
      format: 1,
      id,
      name,
      recipe: 'tiny',
      createdAt: library.timestamp(),
      v86Version: V86_VERSION,
      kernel: { kind: 'tuned', release: '6.1', bzImage: refs.bzImage, initrd: null },
      bios: refs.bios,
      vgaBios: refs.vgaBios,
      fsJson: refs.fsJson,
      fileCount: 1,
      fileBytes: 5,
      packages: {},
      commandLine: 'quiet',
      memoryMib: 64,
      base: base.id,
    };
    await library.addImage(manifest, [content, ...Object.values(refs)]);
    return manifest;
  }

  const newVm = (name = 'one'): Promise<VmRecord> => library.createVm({ name, imageId: image.id, memoryMib: 64 });
  async function save(vm: VmRecord, kind: 'head' | 'snapshot', name = 'a'): Promise<StateManifest> {
    const writer = await library.saveState({
      vmId: vm.id,
      kind,
      content: 'full',
      name,
      config: machineConfig(image),
      parent: null,
    });
    await writer.write(BYTES);
    return writer.commit();
  }
  const stateIds = async (): Promise<string[]> => (await library.states.list()).states.map(({ id }) => id);
  const vmFile = (vm: VmRecord): string => path.join(home, 'vms', `${vm.id}.json`);
  async function damage(file: string): Promise<void> {
    const content = await readFile(file, 'utf8');
    await writeFile(file, content.replace('"value":{', '"value":{ '));
  }

  describe('creating a VM', () => {
    it('keeps it for the next start, with a trimmed name', async () => {
      const vm = await library.createVm({ name: '  My VM ', imageId: image.id, memoryMib: 128 });
      expect(vm).toMatchObject({ name: 'My VM', imageId: image.id, memoryMib: 128, head: null, parent: null });
      library = (await open()).library;
      expect(await library.listVms()).toEqual([vm]);
      expect(await library.getVm(vm.id)).toEqual(vm);
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
      const taken = await newVm('taken');
      await expect(
        library.createVm({ name: 'new', imageId: image.id, memoryMib: 64, ...change }),
      ).rejects.toMatchObject({
        code,
        message: expect.stringContaining(words),
      });
      expect(await library.listVms()).toEqual([taken]);
    });

    it('gives a name once, even when two ask for it at the same time', async () => {
      const outcomes = await Promise.allSettled([newVm('twin'), newVm('twin')]);
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect((await library.listVms()).length).toBe(1);
    });
  });

  describe('renaming', () => {
    it('takes a free name or its own again', async () => {
      const vm = await newVm('one');
      await newVm('two');
      expect(await library.renameVm(vm.id, 'three')).toEqual({ ...vm, name: 'three' });
      expect(await library.renameVm(vm.id, 'three')).toEqual({ ...vm, name: 'three' });
      await expect(library.renameVm(vm.id, 'two')).rejects.toMatchObject({ code: 'exists' });
      await expect(library.renameVm(vm.id, 'a/b')).rejects.toMatchObject({ code: 'bad-input' });
      await expect(library.renameVm('vm-none' as VmId, 'x')).rejects.toMatchObject({ code: 'not-found' });
      expect((await library.getVm(vm.id)).name).toBe('three');
    });

    it('does not lose a head that is saved at the same time', async () => {
      const vm = await newVm('one');
      // Looking whether a name is free takes the longer the more VMs there are.
      for (let other = 0; other < 30; other += 1) await newVm(`other ${other}`);
      const saving = new AbortController();
      const renaming = (async () => {
        for (let round = 0; !saving.signal.aborted; round += 1) await library.renameVm(vm.id, `name ${round}`);
      })();
      try {
        for (let round = 0; round < 100; round += 1) {
          const head = await save(vm, 'head');
          expect((await library.getVm(vm.id)).head, `round ${round}`).toBe(head.id);
          await expect(library.states.get(head.id), `round ${round}`).resolves.toEqual(head);
        }
      } finally {
        saving.abort();
        await renaming;
      }
      expect(await stateIds()).toContain((await library.getVm(vm.id)).head);
    });

    it('renames a snapshot, and nothing that is not one', async () => {
      const vm = await newVm();
      const snapshot = await save(vm, 'snapshot', 'before');
      const head = await save(vm, 'head');
      expect(await library.renameSnapshot(snapshot.id, ' after ')).toEqual({ ...snapshot, name: 'after' });
      await expect(library.renameSnapshot(snapshot.id, 'x/y')).rejects.toMatchObject({ code: 'bad-input' });
      await expect(library.renameSnapshot(head.id, 'x')).rejects.toMatchObject({ code: 'not-found' });
      await expect(library.renameSnapshot(image.base, 'x')).rejects.toMatchObject({ code: 'not-found' });
    });
  });

  describe('saving', () => {
    it('replaces the head only when the new one is committed', async () => {
      const vm = await newVm();
      const first = await save(vm, 'head');
      const writer = await library.saveState({
        vmId: vm.id,
        kind: 'head',
        content: 'full',
        name: '',
        config: machineConfig(image),
        parent: null,
      });
      await writer.write(BYTES);
      expect((await library.getVm(vm.id)).head).toBe(first.id);
      expect(await stateIds()).toContain(first.id);
      const second = await writer.commit();
      expect((await library.getVm(vm.id)).head).toBe(second.id);
      expect((await stateIds()).sort()).toEqual([image.base, second.id].sort());
    });

    it('keeps the head when a new one is given up', async () => {
      const vm = await newVm();
      const first = await save(vm, 'head');
      const writer = await library.saveState({
        vmId: vm.id,
        kind: 'head',
        content: 'full',
        name: '',
        config: machineConfig(image),
        parent: null,
      });
      await writer.write(BYTES);
      await writer.abort();
      expect((await library.getVm(vm.id)).head).toBe(first.id);
      expect((await stateIds()).sort()).toEqual([image.base, first.id].sort());
    });

    it('remembers the history: a snapshot becomes the VM’s parent', async () => {
      const vm = await newVm();
      const snapshot = await save(vm, 'snapshot', ' named ');
      expect(snapshot).toMatchObject({ kind: 'snapshot', name: 'named', vmId: vm.id, vmName: 'one', parent: null });
      expect(await library.getVm(vm.id)).toMatchObject({ parent: snapshot.id, head: null });
    });

    it('refuses a bad snapshot name before anything is written', async () => {
      const vm = await newVm();
      for (const name of ['', 'a/b', 'x'.repeat(300)])
        await expect(save(vm, 'snapshot', name)).rejects.toMatchObject({ code: 'bad-input' });
      expect(await stateIds()).toEqual([image.base]);
      expect((await readdir(path.join(home, 'states'))).filter((name) => name.startsWith('.'))).toEqual([]);
    });

    it('leaves nothing of a state whose VM was deleted meanwhile', async () => {
      const vm = await newVm();
      const writer = await library.saveState({
        vmId: vm.id,
        kind: 'head',
        content: 'full',
        name: '',
        config: machineConfig(image),
        parent: null,
      });
      await writer.write(BYTES);
      await library.deleteVm(vm.id);
      await expect(writer.commit()).rejects.toMatchObject({ code: 'not-found' });
      await writer.abort();
      expect(await stateIds()).toEqual([image.base]);
    });

    it.each(['head', 'snapshot'] as const)('leaves nothing of a %s when the record cannot be saved', async (kind) => {
      const vm = await newVm();
      const first = await save(vm, 'head');
      const record = await readFile(vmFile(vm));
      const writer = await library.saveState({
        vmId: vm.id,
        kind,
        content: 'full',
        name: 'a',
        config: machineConfig(image),
        parent: null,
      });
      await writer.write(BYTES);
      await damage(vmFile(vm));
      await expect(writer.commit()).rejects.toMatchObject({ code: 'damaged' });
      expect((await stateIds()).sort()).toEqual([image.base, first.id].sort());
      await writeFile(vmFile(vm), record);
      expect((await library.getVm(vm.id)).head).toBe(first.id);
    });

    it('keeps an earlier head that another VM resumes from', async () => {
      const vm = await newVm();
      const shared = await save(vm, 'head');
      // The library makes no such record; a copied one is no reason to lose a state.
      const other = { ...vm, id: 'vm-other' as VmId, name: 'other', head: shared.id };
      await writeSealed(vmFile(other), other);
      await save(vm, 'head');
      expect(await stateIds()).toContain(shared.id);
      await library.deleteVm(other.id);
      expect(await stateIds()).not.toContain(shared.id);
    });
  });

  describe('making a snapshot the head', () => {
    it('lets the VM resume from it, and removes the head it had', async () => {
      const vm = await newVm();
      const snapshot = await save(vm, 'snapshot');
      const head = await save(vm, 'head');
      const changed = await library.makeHead(vm.id, snapshot.id);
      expect(changed).toEqual({ ...vm, head: snapshot.id, parent: snapshot.id });
      expect(await library.getVm(vm.id)).toEqual(changed);
      expect(await stateIds()).not.toContain(head.id);
      expect(await library.makeHead(vm.id, snapshot.id)).toEqual(changed);
      expect(await stateIds()).toContain(snapshot.id);
    });

    it('takes a snapshot of another VM with the same image and memory, and keeps a head that is a snapshot', async () => {
      const [one, two] = [await newVm('one'), await newVm('two')];
      const [first, second] = [await save(one, 'snapshot'), await save(two, 'snapshot')];
      await library.makeHead(one.id, first.id);
      expect(await library.makeHead(one.id, second.id)).toMatchObject({ head: second.id });
      expect(await stateIds()).toEqual(expect.arrayContaining([first.id, second.id]));
    });

    it('refuses what is no snapshot, or of another machine, and changes nothing', async () => {
      const vm = await newVm('one');
      const head = await save(vm, 'head');
      const other = await addImage('other');
      const larger = await library.createVm({ name: 'larger', imageId: image.id, memoryMib: 128 });
      const foreign = await library.createVm({ name: 'foreign', imageId: other.id, memoryMib: 64 });
      const snapshot = await save(vm, 'snapshot');
      for (const id of [head.id, image.base, 'st-none' as StateId])
        await expect(library.makeHead(vm.id, id)).rejects.toMatchObject({ code: 'not-found' });
      for (const { id } of [larger, foreign])
        await expect(library.makeHead(id, snapshot.id)).rejects.toMatchObject({ code: 'config-mismatch' });
      await expect(library.makeHead('vm-none' as VmId, snapshot.id)).rejects.toMatchObject({ code: 'not-found' });
      expect(await library.getVm(vm.id)).toMatchObject({ head: head.id, parent: snapshot.id });
      expect(await library.getVm(larger.id)).toEqual(larger);
      expect(await stateIds()).toContain(head.id);
    });
  });

  describe('forking', () => {
    it('makes a VM that resumes from the snapshot', async () => {
      const vm = await newVm();
      const snapshot = await save(vm, 'snapshot');
      const fork = await library.fork(snapshot.id, 'fork');
      expect(fork).toMatchObject({
        name: 'fork',
        imageId: image.id,
        memoryMib: 64,
        head: snapshot.id,
        parent: snapshot.id,
      });
      await expect(library.fork(snapshot.id, 'fork')).rejects.toMatchObject({ code: 'exists' });
      await expect(library.fork('st-none' as StateId, 'x')).rejects.toMatchObject({ code: 'not-found' });
    });

    it('takes the network of the VM the snapshot is of, without its port forwards', async () => {
      const vm = await newVm();
      const snapshot = await save(vm, 'snapshot');
      const network: NetworkSettings = {
        profile: 'offline',
        rules: [{ action: 'allow', domain: 'example.org' }],
        hostPorts: [8080],
        forwards: [{ protocol: 'tcp', hostAddress: '127.0.0.1', hostPort: 8080, guestPort: 80 }],
        lan: 'lab',
      };
      expect(await library.setVmNetwork(vm.id, network)).toEqual({ ...(await library.getVm(vm.id)), network });
      expect((await library.fork(snapshot.id, 'fork')).network).toEqual({ ...network, forwards: [] });
      await library.deleteVm(vm.id);
      expect((await library.fork(snapshot.id, 'orphan')).network).toEqual(DEFAULT_NETWORK);
    });

    it('keeps a snapshot while a fork resumes from it, and lets it go afterwards', async () => {
      const snapshot = await save(await newVm(), 'snapshot');
      const fork = await library.fork(snapshot.id, 'fork');
      await expect(library.deleteSnapshot(snapshot.id)).rejects.toMatchObject({
        code: 'busy',
        message: expect.stringContaining('“fork” resumes from this snapshot'),
      });
      expect(await stateIds()).toContain(snapshot.id);
      await save(fork, 'head');
      expect(await stateIds()).toContain(snapshot.id);
      await library.deleteSnapshot(snapshot.id);
      expect(await stateIds()).not.toContain(snapshot.id);
    });

    it('leaves the snapshot alone when the fork is deleted', async () => {
      const snapshot = await save(await newVm(), 'snapshot');
      const fork = await library.fork(snapshot.id, 'fork');
      await library.deleteVm(fork.id);
      expect(await stateIds()).toContain(snapshot.id);
    });

    it('is of snapshots only: a head belongs to its VM and is removed with it', async () => {
      const head = await save(await newVm(), 'head');
      await expect(library.fork(head.id, 'fork')).rejects.toMatchObject({ code: 'not-found' });
    });
  });

  describe('deleting', () => {
    it('removes a VM and its head, and keeps its snapshots', async () => {
      const vm = await newVm();
      const snapshot = await save(vm, 'snapshot');
      const head = await save(vm, 'head');
      await library.deleteVm(vm.id);
      expect(await library.listVms()).toEqual([]);
      expect(await stateIds()).toContain(snapshot.id);
      expect(await stateIds()).not.toContain(head.id);
      await expect(library.deleteVm(vm.id)).rejects.toMatchObject({ code: 'not-found' });
    });

    it('deletes snapshots only: not a base snapshot, without which its image cannot start', async () => {
      await expect(library.deleteSnapshot(image.base)).rejects.toMatchObject({ code: 'not-found' });
      expect(await stateIds()).toEqual([image.base]);
      await damage(path.join(home, 'states', image.base, 'manifest.json'));
      await expect(library.deleteSnapshot(image.base)).rejects.toMatchObject({ code: 'not-found' });
      expect((await library.states.list()).damaged.map(({ id }) => id)).toEqual([image.base]);
    });

    it('has no complaint about a snapshot that is gone already', async () => {
      const snapshot = await save(await newVm(), 'snapshot');
      await Promise.all([library.deleteSnapshot(snapshot.id), library.deleteSnapshot(snapshot.id)]);
      expect(await stateIds()).toEqual([image.base]);
    });

    it('can delete a damaged snapshot', async () => {
      const snapshot = await save(await newVm(), 'snapshot');
      await damage(path.join(home, 'states', snapshot.id, 'manifest.json'));
      await library.deleteSnapshot(snapshot.id);
      expect((await library.states.list()).damaged).toEqual([]);
    });

    it('keeps an image that a VM or a snapshot needs, and names who', async () => {
      const vm = await newVm('needy');
      await expect(library.deleteImage(image.id)).rejects.toMatchObject({
        code: 'busy',
        message: 'The image “tiny” is needed by VM “needy”, so it was kept.',
      });
      await save(vm, 'snapshot', 'precious');
      await library.deleteVm(vm.id);
      await expect(library.deleteImage(image.id)).rejects.toMatchObject({
        code: 'busy',
        message: 'The image “tiny” is needed by snapshot “precious”, so it was kept.',
      });
      expect((await library.images.list()).manifests).toEqual([image]);
    });

    it('removes an image with its base snapshot and its own files, not those others share', async () => {
      const other = await addImage('other');
      await library.deleteImage(image.id);
      expect((await library.images.list()).manifests).toEqual([other]);
      expect(await stateIds()).toEqual([other.base]);
      for (const ref of [other.bios, other.fsJson, other.kernel.bzImage])
        expect(await library.blobs.has(ref)).toBe(true);
      expect(await library.blobs.has(image.fsJson)).toBe(false);
    });

    it('keeps every file while some image’s record cannot be read', async () => {
      const other = await addImage('other');
      await damage(path.join(home, 'images', `${other.id}.json`));
      await library.deleteImage(image.id);
      expect(await library.blobs.has(other.fsJson)).toBe(true);
    });

    it.each(['missing', 'damaged'])('removes an image while the list of files of another is %s', async (what) => {
      const other = await addImage('other');
      const listOfFiles = path.join(home, 'blobs', other.fsJson.sha256.slice(0, 2), other.fsJson.sha256);
      if (what === 'missing') await rm(listOfFiles);
      else await writeFile(listOfFiles, '{"fsroot":[]}');
      await library.deleteImage(image.id);
      expect((await library.images.list()).manifests).toEqual([other]);
      expect(await stateIds()).toEqual([other.base]);
      // What the other one needs is not known, so nothing is swept.
      expect(await library.blobs.has(image.fsJson)).toBe(true);
    });

    it('succeeds when the image is gone but some of its files stay', async () => {
      // A folder where a blob should be cannot be removed as a file.
      await mkdir(path.join(home, 'blobs', '00', '0'.repeat(64)), { recursive: true });
      await library.deleteImage(image.id);
      expect((await library.images.list()).manifests).toEqual([]);
      expect(await stateIds()).toEqual([]);
    });
  });

  describe('opening', () => {
    it('finds everything as it was', async () => {
      const vm = await newVm();
      const [snapshot, head] = [await save(vm, 'snapshot'), await save(vm, 'head')];
      const { library: again, report } = await open();
      expect(report).toEqual({ problems: [] });
      expect((await again.states.list()).states.map(({ id }) => id).sort()).toEqual(
        [image.base, snapshot.id, head.id].sort(),
      );
      expect(await again.images.get(image.id)).toEqual(image);
    });

    it('removes leftovers of every kind', async () => {
      for (const folder of ['states', 'blobs', 'images', 'vms'])
        await mkdir(path.join(home, folder), { recursive: true });
      await mkdir(path.join(home, 'states', '.new-st-9'));
      await writeFile(path.join(home, 'blobs', '.new-9'), 'x');
      await writeFile(path.join(home, 'images', 'tiny-9.json.new-9'), 'x');
      await writeFile(path.join(home, 'vms', 'vm-9.json.new-9'), 'x');
      const { report } = await open();
      expect(report.problems).toEqual([]);
      const names = await readdir(home, { recursive: true });
      expect(names.filter((name) => name.includes('.new-'))).toEqual([]);
    });

    it('removes a head nobody resumes from, and an unfinished image’s base', async () => {
      const vm = await newVm();
      const kept = await save(vm, 'head');
      // As if the app had been killed between the commit of a head and the change of the VM's record.
      const record = await readFile(vmFile(vm));
      const orphan = await save(vm, 'head');
      await writeFile(vmFile(vm), record);
      const base = await library.saveBase('half', machineConfig(image));
      const unfinished = await base.commit();
      expect(await stateIds()).toEqual(expect.arrayContaining([orphan.id, unfinished.id]));
      library = (await open()).library;
      // The VM's record names a head that was removed before; nothing else is lost by that.
      expect(await stateIds()).toEqual([image.base]);
      expect((await library.getVm(vm.id)).head).toBe(kept.id);
    });

    it('removes nothing while a record is damaged, since it may need what looks unneeded', async () => {
      const vm = await newVm();
      const head = await save(vm, 'head');
      await damage(vmFile(vm));
      const { library: again, report } = await open();
      expect(report.problems).toEqual([
        `The VM ${vm.id} is damaged on disk (its checksum does not match) and was not loaded.`,
      ]);
      expect((await again.states.list()).states.map(({ id }) => id)).toContain(head.id);
      expect(await again.listVms()).toEqual([]);
    });

    it('removes nothing while an image is damaged', async () => {
      await damage(path.join(home, 'images', `${image.id}.json`));
      const { library: again, report } = await open();
      expect(report.problems.length).toBe(1);
      expect((await again.states.list()).states.map(({ id }) => id)).toEqual([image.base]);
    });

    it('names a damaged state, and everything else works', async () => {
      const vm = await newVm();
      const [bad, good] = [await save(vm, 'snapshot', 'bad'), await save(vm, 'snapshot', 'good')];
      await damage(path.join(home, 'states', bad.id, 'manifest.json'));
      const { library: again, report } = await open();
      expect(report.problems).toEqual([expect.stringContaining(bad.id)]);
      expect(await again.fork(good.id, 'fork')).toMatchObject({ head: good.id });
      await expect(again.fork(bad.id, 'other')).rejects.toMatchObject({ code: 'damaged' });
    });

    it('as a second process cleans nothing up', async () => {
      await mkdir(path.join(home, 'states', '.new-st-9'));
      const base = await (await library.saveBase('half', machineConfig(image))).commit();
      const joined = await Library.join(home, { now: () => 0, randomBytes: (count) => randomBytes(count) });
      expect((await joined.states.list()).states.map(({ id }) => id)).toContain(base.id);
      expect(await readdir(path.join(home, 'states'))).toContain('.new-st-9');
    });
  });

  describe('finding an image', () => {
    it('takes an id or a name, the newest of that name', async () => {
      const other = await addImage('other');
      expect(await library.images.find('tiny')).toEqual(image);
      expect(await library.images.find(other.id)).toEqual(other);
      await expect(library.images.find('none')).rejects.toMatchObject({
        code: 'not-found',
        message: expect.stringContaining('Built images: other, tiny'),
      });
    });
  });
});
