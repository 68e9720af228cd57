import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestLibrary } from '../../scripts/test-library.ts';
import type { ImageManifest } from '../shared/model/image.ts';
import { DELETED_VM_KEPT_MS } from '../shared/model/vm.ts';
import { DeletedVms } from './deleted-vms.ts';

describe('DeletedVms', () => {
  let test: TestLibrary;
  let image: ImageManifest;
  const timers = new Set<() => void>();
  const failures: unknown[] = [];
  beforeEach(async () => {
    test = await TestLibrary.create();
    image = await test.addImage('tiny');
    timers.clear();
    failures.length = 0;
  });
  afterEach(() => test.dispose());

  const create = (): DeletedVms =>
    new DeletedVms({
      library: test.library,
      after: (delayMs, run) => {
        expect(delayMs).toBe(DELETED_VM_KEPT_MS);
        timers.add(run);
        return () => timers.delete(run);
      },
      onFailure: (cause) => failures.push(cause),
    });
  const deletedNames = async () => (await test.library.deletedVms()).map(({ name }) => name);

  it('removes a VM for good when its time is over', async () => {
    const vm = await test.newVm(image, 'web');
    const deleted = create();
    await deleted.delete(vm.id);
    expect(await deletedNames()).toEqual(['web']);
    for (const run of timers) run();
    await expect.poll(deletedNames).toEqual([]);
    await expect(deleted.undelete(vm.id)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('has one back, and then does not remove it', async () => {
    const vm = await test.newVm(image, 'web');
    const deleted = create();
    await deleted.delete(vm.id);
    expect(await deleted.undelete(vm.id)).toEqual(vm);
    expect(timers.size).toBe(0);
    await deleted.close();
    expect(await test.library.getVm(vm.id)).toEqual(vm);
  });

  it('removes them all when the app ends, and those an app left that was killed', async () => {
    const one = await test.newVm(image, 'one');
    const two = await test.newVm(image, 'two');
    const killed = create();
    await killed.delete(one.id);
    const next = create();
    await next.adopt();
    await next.delete(two.id);
    await next.close();
    expect(await deletedNames()).toEqual([]);
    expect(failures).toEqual([]);
  });

  it('is told nowhere but in the log when that fails', async () => {
    const vm = await test.newVm(image, 'web');
    const deleted = new DeletedVms({
      library: { ...fakeLibrary(test), removeDeletedVms: () => Promise.reject(new Error('no disk')) },
      after: () => () => undefined,
      onFailure: (cause) => failures.push(cause),
    });
    await deleted.delete(vm.id);
    await deleted.close();
    expect(failures).toEqual([new Error('no disk')]);
  });
});

function fakeLibrary({ library }: TestLibrary) {
  return {
    deleteVmForNow: library.deleteVmForNow.bind(library),
    undeleteVm: library.undeleteVm.bind(library),
    deletedVms: library.deletedVms.bind(library),
  };
}
