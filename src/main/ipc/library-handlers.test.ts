import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestLibrary } from '../../../scripts/test-library.ts';
import type { Events, LibraryProgress } from '../../shared/ipc/contract.ts';
import type { ImageManifest } from '../../shared/model/image.ts';
import type { StateManifest } from '../../shared/model/state.ts';
import type { VmRecord } from '../../shared/model/vm.ts';
import { LibraryListing } from '../library-listing.ts';
import { bundleHandlers } from './bundle-handlers.ts';
import { snapshotHandlers } from './snapshot-handlers.ts';
import { upkeepHandlers } from './upkeep-handlers.ts';

describe('calls about the library', () => {
  let test: TestLibrary;
  let image: ImageManifest;
  let vm: VmRecord;
  let snapshot: StateManifest;
  /** How often the page was told. */
  let changes = 0;
  let progress: LibraryProgress[] = [];
  /** What a person chooses in the next dialog. */
  let chosen: string | null = null;
  let suggested = '';
  beforeEach(async () => {
    test = await TestLibrary.create();
    image = await test.addImage('tiny');
    vm = await test.newVm(image);
    snapshot = await test.save(image, vm, 'snapshot', 'before');
    changes = 0;
    progress = [];
    chosen = null;
  });
  afterEach(() => test.dispose());

  function calls() {
    const { library } = test;
    const changing = async <T>(change: Promise<T>): Promise<T> => {
      const value = await change;
      changes += 1;
      return value;
    };
    const events = {
      send: (name: keyof Events, payload: unknown) => {
        expect(name).toBe('library.progress');
        progress.push(payload as LibraryProgress);
      },
    };
    const listing = new LibraryListing(library, []);
    return {
      listing,
      ...snapshotHandlers({ library, changing }),
      ...upkeepHandlers({ library, listing, running: { lastStart: () => snapshot.id }, events, changing }),
      ...bundleHandlers({
        library,
        events,
        changing,
        chooseExportPath: (name) => {
          suggested = name;
          return Promise.resolve(chosen);
        },
        chooseImportPath: () => Promise.resolve(chosen),
      }),
    };
  }

  it('change snapshots and VMs, and tell the page', async () => {
    const call = calls();
    const snapshotId = snapshot.id as string;
    await call['snapshot.update']({ snapshotId, changes: { name: 'after', tags: ['a'] } });
    expect(await test.library.snapshots()).toEqual([{ ...snapshot, name: 'after', tags: ['a'] }]);
    await expect(call['snapshot.moveUp']({ snapshotId })).rejects.toMatchObject({ code: 'illegal-transition' });
    expect(await call['snapshot.screen']({ snapshotId })).toBeNull();
    expect(changes).toBe(1);
    const checkpoints = { everyMinutes: 5, keep: 3 };
    expect(await call['vm.setCheckpoints']({ vmId: vm.id, checkpoints })).toMatchObject({ id: vm.id, checkpoints });
    const head = await test.save(image, vm, 'head');
    await call['vm.restored']({ vmId: vm.id, snapshotId });
    expect(await test.library.getVm(vm.id)).toMatchObject({ head: snapshot.id, parent: snapshot.id });
    expect((await test.library.states.get(head.id)).name).toBe('Before restoring “after”');
    await expect(call['snapshot.delete']({ snapshotId })).rejects.toMatchObject({ code: 'busy' });
    await call['snapshot.delete']({ snapshotId: head.id });
    expect(await call['snapshot.fork']({ snapshotId, name: 'fork' })).toMatchObject({ head: snapshot.id });
    expect(changes).toBe(5);
  });

  it('say what snapshots take, and free what nothing needs', async () => {
    const call = calls();
    expect(await call['library.usage'](undefined)).toMatchObject({ snapshots: [{ id: snapshot.id }] });
    await test.library.blobs.put(new Uint8Array(1000));
    await test.library.close();
    await test.reopenWithoutTidying();
    expect(await calls()['library.clean'](undefined)).toEqual({ freedBytes: 1000, kept: [] });
    expect(progress).toEqual([
      { what: 'clean', fraction: 0 },
      { what: 'clean', fraction: 1 },
    ]);
  });

  it('find what is damaged, one check at a time, and mark it in the listing', async () => {
    const call = calls();
    expect(await call['library.verify'](undefined)).toEqual({ damage: [] });
    expect(progress.at(-1)).toEqual({ what: 'verify', fraction: 1 });
    await writeFile(path.join(test.home, 'states', snapshot.id, 'pages.map'), 'no map');
    const [first, second] = await Promise.allSettled([
      call['library.verify'](undefined),
      call['library.verify'](undefined),
    ]);
    const message = expect.stringContaining('“before”');
    expect(first).toMatchObject({ value: { damage: [{ name: 'before', message, neededBy: [] }] } });
    expect(second).toMatchObject({ reason: { code: 'busy' } });
    expect((await call.listing.list()).snapshots).toMatchObject([{ id: snapshot.id, damage: message }]);
  });

  it('mark what a machine found damaged when it started', async () => {
    const call = calls();
    await call['vm.startIsDamaged']({ vmId: vm.id });
    await call['snapshot.check']({ snapshotId: snapshot.id });
    expect((await call.listing.list()).snapshots).toMatchObject([{ damage: null }]);
    await writeFile(path.join(test.home, 'states', snapshot.id, 'pages.map'), 'no map');
    await call['vm.startIsDamaged']({ vmId: vm.id });
    expect((await call.listing.list()).snapshots).toMatchObject([{ damage: expect.stringContaining('“before”') }]);
    await expect(call['snapshot.check']({ snapshotId: snapshot.id })).rejects.toMatchObject({ code: 'damaged' });
  });

  it('write snapshots into a file, and read them from it', async () => {
    const call = calls();
    const request = { snapshotId: snapshot.id as string, withChildren: true, withImage: true };
    expect(await call['snapshot.export'](request)).toBeNull();
    expect(suggested).toBe('before.terrarium');
    chosen = path.join(test.home, 'before.terrarium');
    expect(await call['snapshot.export'](request)).toEqual({ sizeBytes: expect.any(Number) });
    expect(progress.at(-1)).toEqual({ what: 'export', fraction: 1 });
    await call['snapshot.delete']({ snapshotId: snapshot.id });
    expect(await call['snapshot.import'](undefined)).toEqual({ names: ['before'] });
    expect(progress.at(-1)).toEqual({ what: 'import', fraction: 1 });
    expect((await test.library.snapshots()).map(({ name }) => name)).toEqual(['before']);
    chosen = null;
    expect(await call['snapshot.import'](undefined)).toBeNull();
    const gone = { ...request, snapshotId: 'st-none' };
    await expect(call['snapshot.export'](gone)).rejects.toMatchObject({ code: 'not-found' });
  });
});
