import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { damageRecord, TestLibrary } from '../../scripts/test-library.ts';
import type { StateId } from '../shared/model/ids.ts';
import type { ImageManifest } from '../shared/model/image.ts';
import { machineConfig } from '../shared/model/machine-config.ts';
import type { StateManifest } from '../shared/model/state.ts';
import type { VmRecord } from '../shared/model/vm.ts';
import { FailureError } from '../shared/result.ts';
import { Library } from './library.ts';
import type { SaveRequest } from './state-saves.ts';
import { finishTestState } from './test-image.fixture.ts';

describe('the tree of snapshots', () => {
  let test: TestLibrary;
  let image: ImageManifest;
  let vm: VmRecord;
  beforeEach(async () => {
    test = await TestLibrary.create();
    image = await test.addImage('tiny');
    vm = await test.newVm(image);
  });
  afterEach(() => test.dispose());

  async function save(
    name: string,
    parent: StateManifest | null,
    more: Pick<SaveRequest, 'madeBy' | 'screen'> & { readonly kind?: 'head' | 'snapshot' } = {},
  ): Promise<StateManifest> {
    const config = machineConfig(image);
    const fixed = { vmId: vm.id, content: 'full', config } as const;
    const request = { kind: 'snapshot', ...more, ...fixed, name, parent: parent?.id ?? null } as const;
    return finishTestState(await test.library.saveState(request));
  }
  const parentOf = async ({ id }: StateManifest): Promise<StateId | null> => (await test.library.states.get(id)).parent;

  describe('what a person says about a snapshot', () => {
    it('is kept, and what is not said stays', async () => {
      const snapshot = await save('before', null);
      expect(snapshot).toMatchObject({ note: '', tags: [], isProtected: false, madeBy: 'person' });
      const changes = { name: ' after ', note: ' one\r\ntwo ', tags: [' b', 'a', 'b'], isProtected: true };
      const changed = { ...snapshot, name: 'after', note: 'one\ntwo', tags: ['b', 'a'], isProtected: true };
      expect(await test.library.updateSnapshot(snapshot.id, changes)).toEqual(changed);
      expect(await test.library.updateSnapshot(snapshot.id, {})).toEqual(changed);
      expect(await test.library.updateSnapshot(snapshot.id, { note: '' })).toEqual({ ...changed, note: '' });
      await test.reopen();
      expect(await test.library.snapshots()).toEqual([{ ...changed, note: '' }]);
    });

    it('is checked whole before anything is written', async () => {
      const snapshot = await save('before', null);
      for (const bad of [{ name: 'a/b' }, { note: 'x'.repeat(2001) }, { tags: ['ok', ' '] }]) {
        await expect(test.library.updateSnapshot(snapshot.id, { isProtected: true, ...bad })).rejects.toMatchObject({
          code: 'bad-input',
        });
      }
      expect(await test.library.snapshots()).toEqual([snapshot]);
    });

    it('cannot be said of what is no snapshot', async () => {
      const head = await test.save(image, vm, 'head');
      for (const id of [head.id, image.base, 'st-none' as StateId]) {
        await expect(test.library.updateSnapshot(id, { name: 'x' })).rejects.toMatchObject({ code: 'not-found' });
        await expect(test.library.moveSnapshotUp(id)).rejects.toMatchObject({ code: 'not-found' });
        await expect(test.library.snapshotScreen(id)).rejects.toMatchObject({ code: 'not-found' });
      }
    });

    it('makes one that Terrarium took theirs, when they name it', async () => {
      const snapshot = await save('Checkpoint', null, { madeBy: 'timer' });
      expect(snapshot.madeBy).toBe('timer');
      expect((await test.library.updateSnapshot(snapshot.id, { name: 'Checkpoint' })).madeBy).toBe('timer');
      expect((await test.library.updateSnapshot(snapshot.id, { name: 'works' })).madeBy).toBe('person');
    });
  });

  it('keeps what a terminal showed', async () => {
    const screen = { columns: 80, rows: 25, lines: ['tiny login: root', '# '] };
    const snapshot = await save('with', null, { screen });
    expect(await test.library.snapshotScreen(snapshot.id)).toEqual(screen);
    expect(await test.library.snapshotScreen((await save('without', null)).id)).toBeNull();
  });

  describe('moving up', () => {
    it('makes a snapshot a sibling of its parent', async () => {
      const a = await save('a', null);
      const b = await save('b', a);
      const c = await save('c', b);
      expect(await test.library.moveSnapshotUp(c.id)).toEqual({ ...c, parent: a.id });
      expect(await test.library.moveSnapshotUp(c.id)).toEqual({ ...c, parent: null });
      expect(await parentOf(b)).toBe(a.id);
      await expect(test.library.moveSnapshotUp(c.id)).rejects.toMatchObject({
        code: 'illegal-transition',
        message: '“c” is at the top of the tree already. Nothing was changed.',
      });
    });

    it('takes one whose parent is damaged to the top, and leaves one whose parent is gone there', async () => {
      const a = await save('a', null);
      const b = await save('b', a);
      await damageRecord(test.stateFile(a, 'manifest.json'));
      expect(await test.library.moveSnapshotUp(b.id)).toMatchObject({ parent: null });
      const c = await save('c', b);
      await test.library.states.remove(b.id);
      await expect(test.library.moveSnapshotUp(c.id)).rejects.toMatchObject({ code: 'illegal-transition' });
    });
  });

  describe('deleting', () => {
    it('joins what goes on from a snapshot, and the VMs that stand there, to its parent', async () => {
      const [a, other] = [await save('a', null), await save('other', null)];
      const b = await save('b', a);
      const children = [await save('c', b), await save('d', b)];
      const head = await save('', b, { kind: 'head' });
      expect((await test.library.getVm(vm.id)).parent).toBe(b.id);
      await test.library.deleteSnapshot(b.id);
      for (const one of [...children, head]) {
        expect(await test.library.states.get(one.id)).toEqual({ ...one, parent: a.id });
      }
      expect((await test.library.getVm(vm.id)).parent).toBe(a.id);
      expect(await test.stateIds()).not.toContain(b.id);
      await test.library.deleteSnapshot(a.id);
      for (const one of [...children, head]) expect(await parentOf(one)).toBeNull();
      expect((await test.library.getVm(vm.id)).parent).toBeNull();
      expect(await test.library.states.get(other.id)).toEqual(other);
      await test.library.deleteSnapshot(a.id);
    });

    it('is refused while it is protected', async () => {
      const snapshot = await save('dear', null);
      await test.library.updateSnapshot(snapshot.id, { isProtected: true });
      await expect(test.library.deleteSnapshot(snapshot.id)).rejects.toMatchObject({
        code: 'busy',
        message: '“dear” is protected, so it was kept. Remove the protection first, then delete it.',
      });
      await test.library.updateSnapshot(snapshot.id, { isProtected: false });
      await test.library.deleteSnapshot(snapshot.id);
      expect(await test.library.snapshots()).toEqual([]);
    });

    it('works for a damaged one: what goes on from it is at the top then', async () => {
      const a = await save('a', null);
      const b = await save('b', a);
      const c = await save('c', b);
      await damageRecord(test.stateFile(b, 'manifest.json'));
      await test.library.deleteSnapshot(b.id);
      expect(await parentOf(c)).toBeNull();
      expect(await test.reopen()).toEqual([]);
    });

    it('makes room on a full disk, where nothing else can be written first', async () => {
      const a = await save('a', null);
      const b = await save('b', a);
      const c = await save('c', b);
      const { states } = test.library;
      const update = states.update.bind(states);
      const full = vi.spyOn(states, 'update').mockImplementation(async (...args) => {
        if ((await states.list()).states.some(({ id }) => id === b.id)) throw new FailureError('disk-full', 'Full.');
        return update(...args);
      });
      await test.library.deleteSnapshot(b.id);
      expect(full).toHaveBeenCalledTimes(2);
      expect(await parentOf(c)).toBe(a.id);
    });

    it('keeps everything where a snapshot cannot be joined to its new parent', async () => {
      const a = await save('a', null);
      const b = await save('b', a);
      vi.spyOn(test.library.states, 'update').mockRejectedValue(new FailureError('io', 'The disk reported an error.'));
      await expect(test.library.deleteSnapshot(a.id)).rejects.toMatchObject({ code: 'io' });
      expect(await test.library.snapshots()).toEqual([a, b]);
    });

    it('is known to a machine that runs on from it', async () => {
      const a = await save('a', null);
      const b = await save('b', a);
      await test.library.deleteSnapshot(b.id);
      // The machine was told of `b` when it was started.
      expect((await save('c', b)).parent).toBe(a.id);
      const ofNone = { vmId: null, vmName: 'x', kind: 'snapshot', content: 'full', name: 'd' } as const;
      const writer = await test.library.saveState({ ...ofNone, config: machineConfig(image), parent: b.id });
      expect((await finishTestState(writer)).parent).toBeNull();
    });
  });

  describe('checkpoints', () => {
    const checkpoint = (): Promise<StateManifest> => save('Checkpoint', null, { madeBy: 'timer' });

    it('are switched on and off', async () => {
      expect(vm.checkpoints).toBeNull();
      const checkpoints = { everyMinutes: 30, keep: 2 };
      expect(await test.library.setCheckpoints(vm.id, checkpoints)).toEqual({ ...vm, checkpoints });
      await test.reopen();
      expect(await test.library.getVm(vm.id)).toEqual({ ...vm, checkpoints });
      expect(await test.library.setCheckpoints(vm.id, null)).toEqual(vm);
    });

    it('are kept up to a number, but for those that a person has a hand in', async () => {
      await test.library.setCheckpoints(vm.id, { everyMinutes: 5, keep: 2 });
      const mine = await save('Checkpoint', null);
      const first = await checkpoint();
      await test.library.updateSnapshot(first.id, { tags: ['good'] });
      const rest: StateId[] = [];
      for (let count = 0; count < 5; count += 1) rest.push((await checkpoint()).id);
      const kept = [mine.id, first.id, ...rest.slice(-2)];
      expect((await test.library.snapshots()).map(({ id }) => id)).toEqual(kept);
    });

    it('that are one too many stay while a VM resumes from them', async () => {
      await test.library.setCheckpoints(vm.id, { everyMinutes: 5, keep: 1 });
      const used = await checkpoint();
      const fork = await test.library.fork(used.id, 'fork');
      expect(fork.checkpoints).toBeNull();
      const unused = await checkpoint();
      await checkpoint();
      const ids = await test.stateIds();
      expect([ids.includes(used.id), ids.includes(unused.id)]).toEqual([true, false]);
    });

    it('are kept although an older one cannot be removed', async () => {
      await test.library.setCheckpoints(vm.id, { everyMinutes: 5, keep: 1 });
      const first = await checkpoint();
      const failing = vi.spyOn(test.library.states, 'remove').mockRejectedValue(new FailureError('io', 'Broken.'));
      const second = await checkpoint();
      expect(await test.stateIds()).toEqual(expect.arrayContaining([first.id, second.id]));
      failing.mockRestore();
      const third = await checkpoint();
      expect((await test.library.snapshots()).map(({ id }) => id)).toEqual([third.id]);
    });
  });

  it('grows only while there is room on the disk', async () => {
    const snapshot = await save('large', null);
    const full = await Library.join(test.home, { now: Date.now, randomBytes, freeBytes: () => Promise.resolve(1000) });
    const config = machineConfig(image);
    const request = { vmId: vm.id, kind: 'snapshot', content: 'full', name: 'more', config, parent: null } as const;
    // What ends is kept if it can be at all.
    const head = await full.saveState({ ...request, kind: 'head', name: '' });
    await head.commit();
    await expect(full.saveState(request)).rejects.toMatchObject({
      code: 'disk-full',
      message: expect.stringMatching(/^Only 1\.0 kB of the disk are free, .*“large” \(/),
    });
    await full.close();
    expect(await test.library.snapshots()).toEqual([snapshot]);
  });
});
