import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestLibrary } from '../../scripts/test-library.ts';
import type { Library } from '../library/library.ts';
import type { PortLike } from '../shared/bulk/port.ts';
import type { ImageManifest } from '../shared/model/image.ts';
import type { VmRecord } from '../shared/model/vm.ts';
import { RunningVms } from './running-vms.ts';

/** A port whose other end, the page's worker, can go away. */
class FakePort implements PortLike {
  private readonly listeners: (() => void)[] = [];
  post(): void {
    throw new Error('nothing is asked for in these tests');
  }
  onMessage(): void {
    // The worker says nothing.
  }
  onClose(listener: () => void): void {
    this.listeners.push(listener);
  }
  close(): void {
    for (const listener of this.listeners.splice(0)) listener();
  }
}

describe('RunningVms', () => {
  let test: TestLibrary;
  let beside: Library;
  let image: ImageManifest;
  let vm: VmRecord;
  let running: RunningVms;
  const ports: FakePort[] = [];
  const attached = new Set<object>();
  beforeEach(async () => {
    test = await TestLibrary.create();
    beside = await test.join();
    image = await test.addImage('tiny');
    vm = await test.newVm(image, 'web');
    attached.clear();
    running = new RunningVms({
      library: test.library,
      takePath: () => null,
      newPortId: () => 'a'.repeat(32),
      openPort: () => {
        const port = new FakePort();
        ports.push(port);
        return port;
      },
      attach: () => {
        const cable = {};
        attached.add(cable);
        // More than once does no harm, as with the real one.
        const detach = (): void => void attached.delete(cable);
        return { linkPortId: 'b'.repeat(32), detach } as ReturnType<
          ConstructorParameters<typeof RunningVms>[0]['attach']
        >;
      },
      onLink: () => undefined,
      onLibraryChanged: () => undefined,
    });
  });
  afterEach(async () => {
    ports.splice(0);
    await beside.close();
    await test.dispose();
  });

  it('holds a VM and its image as long as its machine runs', async () => {
    expect(await running.launch(vm.id, { kind: 'head' })).toMatchObject({ vm, state: 'full' });
    expect(running.count).toBe(1);
    await expect(beside.holdVm(vm.id)).rejects.toMatchObject({ code: 'busy' });
    await expect(beside.deleteVm(vm.id)).rejects.toMatchObject({ code: 'busy' });
    await running.close(vm.id);
    expect(running.count).toBe(0);
    expect(attached.size).toBe(0);
    await (await beside.holdVm(vm.id)).release();
    await beside.deleteVm(vm.id);
    await beside.deleteImage(image.id);
  });

  it('gives them up when the page has ended the machine', async () => {
    await running.launch(vm.id, { kind: 'head' });
    ports[0]!.close();
    await expect.poll(() => beside.holdVm(vm.id).catch(() => null)).not.toBeNull();
  });

  it('launches again for a page that lost its machine', async () => {
    await running.launch(vm.id, { kind: 'head' });
    await running.launch(vm.id, { kind: 'head' });
    // The old port's end, which comes late, ends nothing of the new machine.
    ports[0]!.close();
    expect(running.count).toBe(1);
    await expect(beside.holdVm(vm.id)).rejects.toMatchObject({ code: 'busy' });
    await running.close(vm.id);
    await (await beside.holdVm(vm.id)).release();
  });

  it('refuses a VM that another process runs, and one whose state does not fit, and holds nothing then', async () => {
    const hold = await beside.holdVm(vm.id);
    await expect(running.launch(vm.id, { kind: 'head' })).rejects.toMatchObject({
      code: 'busy',
      message: expect.stringContaining('“web” is running in the terrarium command (process '),
    });
    await hold.release();
    const larger = await test.library.createVm({ name: 'larger', imageId: image.id, memoryMib: 128 });
    const snapshot = await test.save(image, vm, 'snapshot');
    await expect(running.launch(larger.id, { kind: 'snapshot', snapshotId: snapshot.id })).rejects.toMatchObject({
      code: 'config-mismatch',
    });
    expect(running.count).toBe(0);
    expect(attached.size).toBe(0);
    await (await beside.holdVm(larger.id)).release();
  });
});
