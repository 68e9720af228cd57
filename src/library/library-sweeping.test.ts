import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestLibrary } from '../../scripts/test-library.ts';
import type { ImageManifest } from '../shared/model/image.ts';
import { machineConfig } from '../shared/model/machine-config.ts';
import type { StateManifest } from '../shared/model/state.ts';
import type { VmRecord } from '../shared/model/vm.ts';
import type { Library } from './library.ts';
import type { SaveRequest } from './state-saves.ts';

/** More than a quarter of a pack: so much is not left lying. */
const STATE_BYTES = 1024 * 1024;

describe('what removed states leave behind', () => {
  let test: TestLibrary;
  let image: ImageManifest;
  let vm: VmRecord;
  beforeEach(async () => {
    test = await TestLibrary.create();
    image = await test.addImage('tiny');
    vm = await test.newVm(image);
  });
  afterEach(() => test.dispose());

  /** A state that shares nothing with any other. */
  async function save(
    kind: 'head' | 'snapshot',
    madeBy: NonNullable<SaveRequest['madeBy']> = 'person',
    library: Library = test.library,
  ): Promise<StateManifest> {
    const fixed = { vmId: vm.id, content: 'full', name: 'a', parent: null } as const;
    const writer = await library.saveState({ ...fixed, kind, madeBy, config: machineConfig(image) });
    await writer.write(randomBytes(STATE_BYTES));
    return writer.commit();
  }

  /** As found by who looks at the library without cleaning it up. */
  async function leftBytes(): Promise<number> {
    const beside = await test.join();
    const { unneededBytes } = await beside.usage();
    await beside.close();
    return unneededBytes;
  }

  it('is freed after a deletion, by the time the library is closed', async () => {
    const snapshot = await save('snapshot');
    const { storedBytes, snapshots } = await test.library.usage();
    expect(snapshots).toEqual([{ id: snapshot.id, uniqueBytes: expect.any(Number) }]);
    expect(snapshots[0]?.uniqueBytes).toBeGreaterThanOrEqual(STATE_BYTES);
    await test.library.deleteSnapshot(snapshot.id);
    await test.library.close();
    expect(await leftBytes()).toBe(0);
    await test.reopenWithoutTidying();
    expect((await test.library.usage()).storedBytes).toBeLessThan(storedBytes - STATE_BYTES);
  });

  it('is freed, and who watches the library is told, once', async () => {
    const snapshot = await save('snapshot');
    let told = 0;
    const end = test.library.watch(() => (told += 1));
    await test.library.deleteSnapshot(snapshot.id);
    await expect.poll(() => told).toBe(1);
    expect(await leftBytes()).toBe(0);
    end();
    await test.library.deleteSnapshot((await save('snapshot')).id);
    await test.library.collectGarbage({ dryRun: true });
    expect(told).toBe(1);
  });

  it('is freed together with what is asked to be cleaned up', async () => {
    const snapshot = await save('snapshot');
    await test.library.blobs.put(new Uint8Array(1000));
    await test.library.close();
    await test.reopenWithoutTidying();
    await test.library.deleteSnapshot(snapshot.id);
    const report = await test.library.collectGarbage({ dryRun: false });
    expect(report).toMatchObject({ kept: [], blobs: { count: 1 } });
    expect((await test.library.usage()).unneededBytes).toBe(0);
  });

  it('is freed after a VM was deleted, with its head', async () => {
    await save('head');
    await test.library.deleteVm(vm.id);
    await test.library.close();
    expect(await leftBytes()).toBe(0);
    await test.reopen();
  });

  it('is freed after a checkpoint took the place of another', async () => {
    await test.library.setCheckpoints(vm.id, { everyMinutes: 5, keep: 1 });
    await save('snapshot', 'timer');
    await save('snapshot', 'timer');
    await test.library.close();
    expect(await leftBytes()).toBe(0);
    await test.reopen();
  });

  it('stays when a head takes the place of another, until the library is opened again', async () => {
    await save('head');
    await save('head');
    await test.library.close();
    expect(await leftBytes()).toBeGreaterThanOrEqual(STATE_BYTES);
    await test.reopen();
    await test.library.close();
    expect(await leftBytes()).toBe(0);
    await test.reopen();
  });

  it('of a program that never opens it is freed when that ends', async () => {
    const command = await test.join();
    await save('head', 'person', command);
    await save('head', 'person', command);
    expect((await command.usage()).unneededBytes).toBeGreaterThanOrEqual(STATE_BYTES);
    await command.close();
    expect(await leftBytes()).toBe(0);
  });
});
