import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestLibrary } from '../../scripts/test-library.ts';
import type { Library } from '../library/library.ts';
import { BulkClient } from '../shared/bulk/client.ts';
import type { PortLike } from '../shared/bulk/port.ts';
import type { WriteResource } from '../shared/bulk/resources.ts';
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

function portLike(port: MessagePort): PortLike {
  return {
    post: (message) => port.postMessage(message),
    onMessage: (listener) => port.on('message', listener),
    onClose: (listener) => port.on('close', listener),
    close: () => port.close(),
  };
}

describe('RunningVms', () => {
  let test: TestLibrary;
  let beside: Library;
  let image: ImageManifest;
  let vm: VmRecord;
  let running: RunningVms;
  const ports: FakePort[] = [];
  /** The worker's end of the next machine's port, for those tests in which it says something. */
  let spoken: PortLike | null = null;
  const attached = new Set<object>();
  let budget = { memoryMib: 1024, vmCount: 8 };
  beforeEach(async () => {
    test = await TestLibrary.create();
    beside = await test.join();
    image = await test.addImage('tiny');
    vm = await test.newVm(image, 'web');
    attached.clear();
    budget = { memoryMib: 1024, vmCount: 8 };
    running = new RunningVms({
      library: test.library,
      takePath: () => null,
      newPortId: () => 'a'.repeat(32),
      openPort: () => {
        if (spoken) return spoken;
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
      onGone: () => undefined,
      onLibraryChanged: () => undefined,
      budget: () => budget,
    });
  });
  afterEach(async () => {
    ports.splice(0);
    spoken = null;
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

  it('refuses one VM too many, also of two at once, and takes it when there is room again', async () => {
    const two = await test.newVm(image, 'two');
    budget = { memoryMib: 1024, vmCount: 1 };
    const both = await Promise.allSettled([vm, two].map(({ id }) => running.launch(id, { kind: 'head' })));
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(both.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'limit', message: expect.stringContaining('1 VMs are running, and 1 may. Suspend one') },
    });
    await (await beside.holdVm(both[0]!.status === 'rejected' ? vm.id : two.id)).release();
    await running.close(vm.id);
    await running.close(two.id);
    budget = { memoryMib: 100, vmCount: 8 };
    await running.launch(two.id, { kind: 'head' });
    // A page that lost its worker.
    await running.launch(two.id, { kind: 'head' });
    await expect(running.launch(vm.id, { kind: 'head' })).rejects.toMatchObject({
      code: 'limit',
      message: expect.stringContaining('would take 128 MiB of memory together, and may take 100 MiB'),
    });
    await running.close(two.id);
    await running.launch(vm.id, { kind: 'head' });
    await running.close(vm.id);
  });

  it('keeps what a machine sends with what it says of it, each after the one before', async () => {
    const { port1, port2 } = new MessageChannel();
    spoken = portLike(port2);
    await running.launch(vm.id, { kind: 'head' });
    const machine = new BulkClient(portLike(port1));
    const save = async (resource: WriteResource): Promise<string> => {
      const writer = await machine.write(resource);
      await writer.write(Uint8Array.of(1, 2, 3));
      return (await writer.finish()).stateId ?? '';
    };
    const screen = { columns: 80, rows: 25, lines: ['# '] };
    const own = { kind: 'snapshot', content: 'full', frontBytes: 3, screen } as const;
    const first = await save({ ...own, name: 'first', madeBy: 'person' });
    const second = await save({ ...own, name: 'Checkpoint', madeBy: 'timer' });
    const head = await save({ kind: 'head', content: 'full', frontBytes: 3, screen });
    const snapshots = await test.library.snapshots();
    expect(snapshots).toMatchObject([
      { id: first, name: 'first', madeBy: 'person', parent: null, frontBytes: 3 },
      { id: second, name: 'Checkpoint', madeBy: 'timer', parent: first },
    ]);
    expect(await test.library.snapshotScreen(snapshots[0]!.id)).toEqual(screen);
    expect(await test.library.getVm(vm.id)).toMatchObject({ head, parent: second });
    await expect(save({ kind: 'base', content: 'full', frontBytes: 0 })).rejects.toMatchObject({ code: 'bad-input' });
    await running.close(vm.id);
  });
});
