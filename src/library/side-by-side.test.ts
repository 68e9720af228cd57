import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LibraryProcess } from '../../scripts/test-library-process.ts';
import { TestLibrary } from '../../scripts/test-library.ts';
import type { ImageManifest } from '../shared/model/image.ts';

/** Saves a snapshot, and waits to be told before its commit. */
const SAVER = `
  const { image } = await library.find('tiny');
  const config = { v86Version: '0', imageId: image.id, fsSha256: 'a'.repeat(64), memoryMib: 64, vgaMemoryMib: 2, devices: [] };
  const writer = await library.saveState({
    vmId: null, vmName: 'tiny', kind: 'snapshot', content: 'full', name: 'made beside', config, parent: null,
  });
  // As much as is stored together, and like nothing that is stored already.
  await writer.write(crypto.getRandomValues(new Uint8Array(65536)));
  say('writing');
  await heard();
  const { id } = await writer.commit();
  await library.close();
  say(id);
  process.exit();
`;

/** Builds the files of an image, and waits to be told before it adds the image. */
const BUILDER = `
  const keep = (text) => library.blobs.put(new Uint8Array(Buffer.from(text)));
  const file = await keep('a file of the new image');
  const fsJson = await keep(JSON.stringify({ fsroot: [['f', file.sizeBytes, 0, 0o100644, 0, 0, file.sha256]], version: 3, size: 1 }));
  const config = { v86Version: '0', imageId: 'new-1', fsSha256: fsJson.sha256, memoryMib: 64, vgaMemoryMib: 2, devices: [] };
  const writer = await library.saveBase('new', config);
  await writer.write(new Uint8Array(100));
  const base = await writer.commit();
  say('built');
  await heard();
  await library.addImage({
    format: 1, id: 'new-1', name: 'new', recipe: 'tiny', createdAt: library.timestamp(), v86Version: '0',
    kernel: { kind: 'tuned', release: '6', bzImage: file, initrd: null }, bios: file, vgaBios: file, fsJson,
    fileCount: 1, fileBytes: file.sizeBytes, packages: {}, commandLine: '', memoryMib: 64, base: base.id,
  }, [file, fsJson]);
  await library.close();
  process.exit();
`;

/** News come within a tenth of a second, where nothing else is to be done. */
const PATIENT = { timeout: 20_000 };

describe('two processes with one library', () => {
  let test: TestLibrary;
  let image: ImageManifest;
  const processes: LibraryProcess[] = [];
  beforeEach(async () => {
    test = await TestLibrary.create();
    image = await test.addImage('tiny');
  });
  afterEach(async () => {
    for (const process of processes.splice(0)) await process.kill();
    await test.dispose();
  });

  function beside(script: string, program: 'app' | 'command' | 'builder' = 'command'): LibraryProcess {
    const process = new LibraryProcess(test.home, script, program);
    processes.push(process);
    return process;
  }
  const claimFiles = async (): Promise<string[]> => readdir(path.join(test.home, 'claims'));

  const unfinishedPacks = async (): Promise<string[]> =>
    (await readdir(path.join(test.home, 'packs'))).filter((name) => name.includes('.new-'));

  it('lose none of 200 changes each', async () => {
    const vm = await test.newVm(image);
    // Both read the same record and write all of it back; who is overtaken in between would undo the other's change.
    const renamer = beside(`
      for (let round = 0; round < 200; round += 1) {
        await library.renameVm('${vm.id}', 'name ' + round);
        const { name } = await library.getVm('${vm.id}');
        if (name !== 'name ' + round) say('lost name', round, name);
      }
      await library.close();
      say('done');
      process.exit();
    `);
    const connector = beside(`
      const { network } = await library.getVm('${vm.id}');
      for (let round = 0; round < 200; round += 1) {
        await library.setVmNetwork('${vm.id}', { ...network, hostPorts: [round + 1] });
        const [port] = (await library.getVm('${vm.id}')).network.hostPorts;
        if (port !== round + 1) say('lost port', round + 1, port);
      }
      await library.close();
      say('done');
      process.exit();
    `);
    expect(await Promise.all([renamer.says(), connector.says()])).toEqual(['done', 'done']);
    expect(await test.library.getVm(vm.id)).toMatchObject({ name: 'name 199', network: { hostPorts: [200] } });
  });

  it('give a name once, of twenty that both ask for at the same time', async () => {
    const twins = [1, 2].map(() =>
      beside(`
        say('ready');
        await heard();
        let count = 0;
        for (let twin = 0; twin < 20; twin += 1) {
          const made = library.createVm({ name: 'twin ' + twin, imageId: '${image.id}', memoryMib: 64 });
          await made.then(() => (count += 1), () => undefined);
        }
        await library.close();
        say(count);
        process.exit();
      `),
    );
    for (const twin of twins) await twin.says();
    for (const twin of twins) twin.tell('go');
    const counts = await Promise.all(twins.map((twin) => twin.says()));
    expect(counts.reduce((sum, count) => sum + Number(count), 0)).toBe(20);
    expect(new Set((await test.library.listVms()).map(({ name }) => name)).size).toBe(20);
  });

  it('do not keep each other out: who changes things without end lets others in', async () => {
    const endless = beside(`
      const [vm] = await library.listVms();
      say('busy');
      for (let round = 0; ; round += 1) await library.renameVm(vm.id, 'round ' + round);
    `);
    const vm = await test.newVm(image);
    await endless.says();
    for (let round = 0; round < 5; round += 1) await test.library.createVm({ ...vm, name: `mine ${round}` });
    await endless.kill();
    expect((await test.library.listVms()).length).toBe(6);
  });

  it('cannot run one VM both, until the one who runs it is killed', async () => {
    const vm = await test.newVm(image, 'wanted');
    const holder = beside(`await library.holdVm('${vm.id}'); say('held'); await heard();`, 'app');
    expect(await holder.says()).toBe('held');
    const busy = {
      code: 'busy',
      message: `“wanted” is running in the Terrarium app (process ${holder.pid}), so nothing was changed. Stop it there, or fork one of its snapshots to have a second machine like it.`,
    };
    await expect(test.library.holdVm(vm.id)).rejects.toMatchObject(busy);
    await expect(test.library.deleteVm(vm.id)).rejects.toMatchObject({
      code: 'busy',
      message: expect.stringContaining(
        `(process ${holder.pid}), so nothing was changed. Stop it there, then delete it.`,
      ),
    });
    const snapshot = await test.save(image, vm, 'snapshot');
    await expect(test.library.makeHead(vm.id, snapshot.id)).rejects.toMatchObject({ code: 'busy' });
    expect((await test.library.getVm(vm.id)).head).toBeNull();
    // What does not concern its machine can be changed all the same.
    await test.library.renameVm(vm.id, 'renamed');
    await holder.kill();
    const hold = await test.library.holdVm(vm.id);
    await expect(test.library.holdVm(vm.id)).rejects.toMatchObject({ message: expect.stringContaining('already') });
    await hold.release();
    await test.library.deleteVm(vm.id);
    await expect(test.library.holdVm(vm.id)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('keep an image that a machine of the other lives on, until that is killed', async () => {
    const holders = [1, 2].map(() => beside(`await library.holdImage('${image.id}'); say('held'); await heard();`));
    for (const holder of holders) expect(await holder.says()).toBe('held');
    for (const holder of holders) {
      await expect(test.library.deleteImage(image.id)).rejects.toMatchObject({
        code: 'busy',
        message: expect.stringContaining('The image “tiny” is in use by a machine of the terrarium command (process '),
      });
      await holder.kill();
    }
    await test.library.deleteImage(image.id);
    await expect(test.library.holdImage(image.id)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('keep the base snapshot an image had, while a machine may be starting from it', async () => {
    const holder = beside(`await library.holdImage('${image.id}'); say('held'); await heard();`);
    await holder.says();
    const rebuilt = await test.addImage('tiny');
    expect(rebuilt.base).not.toBe(image.base);
    expect(await test.library.collectGarbage({ dryRun: false })).toMatchObject({ states: [] });
    expect(await test.stateIds()).toContain(image.base);
    await holder.kill();
    expect(await test.library.collectGarbage({ dryRun: false })).toMatchObject({ states: [{ id: image.base }] });
    expect(await test.stateIds()).toEqual([rebuilt.base]);
  });

  it('clean up only what the other is not writing', async () => {
    const saver = beside(SAVER);
    await saver.says();
    await expect.poll(unfinishedPacks).toHaveLength(1);
    // Opening, and collecting garbage, beside it.
    await test.reopen();
    expect((await test.library.collectGarbage({ dryRun: false })).kept).toEqual([
      `Saved states were left alone, since the terrarium command (process ${saver.pid}) is saving one.`,
    ]);
    saver.tell('commit');
    const id = await saver.says();
    await saver.finished();
    expect(await test.library.snapshots()).toMatchObject([
      { id, name: 'made beside', vmId: null, vmName: 'tiny', kind: 'snapshot' },
    ]);
  });

  it('clean up what the other was writing when it was killed', async () => {
    const saver = beside(SAVER);
    await saver.says();
    await expect.poll(unfinishedPacks).toHaveLength(1);
    await saver.kill();
    expect((await claimFiles()).length).toBeGreaterThan(0);
    expect(await test.reopen()).toEqual([]);
    expect(await readdir(path.join(test.home, 'states'))).toEqual([image.base]);
    expect(await unfinishedPacks()).toEqual([]);
    const killed = (await claimFiles()).filter((name) => name.startsWith('saving.') || name.startsWith('vm-'));
    expect(killed).toEqual([]);
  });

  it('build and delete images at once: no file of the new one goes missing', async () => {
    const other = await test.addImage('other');
    const builder = beside(BUILDER, 'builder');
    await builder.says();
    const report = await test.library.collectGarbage({ dryRun: false });
    expect(report.kept).toContain(
      `Files of images were left alone, since an image build (process ${builder.pid}) is building one.`,
    );
    await test.library.deleteImage(other.id);
    await test.reopen();
    builder.tell('add it');
    await builder.finished();
    expect((await test.library.verify()).damage).toEqual([]);
    expect((await test.library.find('new')).start).toMatchObject({ kind: 'base', name: 'new' });
    // Now that nobody builds, what the deleted image left goes.
    const swept = await test.library.collectGarbage({ dryRun: false });
    expect(swept).toMatchObject({ kept: [], states: [] });
    expect(swept.blobs.count).toBeGreaterThan(0);
    expect((await test.library.verify()).damage).toEqual([]);
  });

  it('tell each other of their changes, as long as one wants to know', async () => {
    let told = 0;
    const end = test.library.watch(() => (told += 1));
    const vm = await test.newVm(image);
    const other = beside(`
      for (;;) {
        await heard();
        await library.renameVm('${vm.id}', 'renamed ' + performance.now());
        say('renamed');
      }
    `);
    // The watch begins in the background, so the first change may come before it.
    await expect
      .poll(async () => {
        other.tell('rename');
        await other.says();
        return told;
      }, PATIENT)
      .toBeGreaterThan(0);
    end();
    const toldBefore = told;
    let toldAgain = 0;
    test.library.watch(() => (toldAgain += 1));
    await expect
      .poll(async () => {
        other.tell('rename');
        await other.says();
        return toldAgain;
      }, PATIENT)
      .toBeGreaterThan(0);
    expect(told).toBe(toldBefore);
  });

  it('are not confused by foreign files among the claims', async () => {
    await mkdir(path.join(test.home, 'claims', 'a folder'), { recursive: true });
    for (const name of ['.DS_Store', 'vm-x', 'image-tiny-1.', 'process-', 'changed-../x'.replace('/', '_')]) {
      await writeFile(path.join(test.home, 'claims', name), 'x');
    }
    expect(await test.reopen()).toEqual([]);
    await test.newVm(image);
  });
});
