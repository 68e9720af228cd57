import { readFile, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { damageRecord, TestLibrary } from '../../scripts/test-library.ts';
import type { ImageManifest } from '../shared/model/image.ts';
import type { StateManifest } from '../shared/model/state.ts';

describe('collecting garbage', () => {
  let test: TestLibrary;
  let image: ImageManifest;
  beforeEach(async () => {
    test = await TestLibrary.create();
    image = await test.addImage('tiny');
  });
  afterEach(() => test.dispose());

  /** A head that no VM resumes from, as after a kill between its commit and the change of the VM's record. */
  async function orphan(): Promise<StateManifest> {
    const vm = await test.newVm(image, 'web');
    const record = await readFile(test.vmFile(vm));
    const head = await test.save(image, vm, 'head');
    await writeFile(test.vmFile(vm), record);
    return head;
  }

  it('says what it would remove and removes nothing, then removes exactly that', async () => {
    const kept = await test.saveSnapshot(image, 'kept');
    const head = await orphan();
    const blob = await test.library.blobs.put(Uint8Array.of(9, 9, 9, 9));
    // Gives up what says that an image is being built.
    await test.library.close();
    await test.reopenWithoutTidying();
    const expected = {
      states: [{ id: head.id, kind: 'head', of: 'web', sizeBytes: 3 }],
      // Its only page is in other states, too.
      pages: { sizeBytes: 0 },
      blobs: { count: 1, sizeBytes: 4 },
      sizeBytes: 4,
      kept: [],
    };
    expect(await test.library.collectGarbage({ dryRun: true })).toEqual(expected);
    expect(await test.stateIds()).toContain(head.id);
    expect(await test.library.blobs.has(blob)).toBe(true);
    expect(await test.library.collectGarbage({ dryRun: false })).toEqual(expected);
    expect((await test.stateIds()).sort()).toEqual([image.base, kept.id].sort());
    expect(await test.library.blobs.has(blob)).toBe(false);
    expect(await test.library.collectGarbage({ dryRun: false })).toMatchObject({ sizeBytes: 0, states: [], kept: [] });
    expect((await test.library.verify()).damage).toEqual([]);
  });

  it('removes nothing that a damaged record may refer to', async () => {
    const head = await orphan();
    const [vm] = await test.library.listVms();
    await damageRecord(test.vmFile(vm!));
    const report = await test.library.collectGarbage({ dryRun: false });
    expect(report.states).toEqual([]);
    expect(report.kept[0]).toBe('Saved states were left alone, since what they belong to could not be read.');
    expect(await test.stateIds()).toContain(head.id);
    await damageRecord(test.imageFile(image.id));
    expect((await test.library.collectGarbage({ dryRun: false })).kept).toContain(
      'Files of images were left alone, since an image could not be read.',
    );
    expect(await test.library.blobs.has(image.bios)).toBe(true);
  });

  it('leaves files of other kinds beside the blobs alone', async () => {
    const foreign = `${test.blobFile(image.bios).slice(0, -64)}notes.txt`;
    await writeFile(foreign, 'mine');
    await test.library.collectGarbage({ dryRun: false });
    expect(await readFile(foreign, 'utf8')).toBe('mine');
  });

  it('has nothing to do in a library that was never written to', async () => {
    const empty = await TestLibrary.create();
    const joined = await empty.join();
    expect(await joined.collectGarbage({ dryRun: true })).toEqual({
      states: [],
      pages: { sizeBytes: 0 },
      blobs: { count: 0, sizeBytes: 0 },
      sizeBytes: 0,
      kept: [],
    });
    expect(await joined.verify()).toMatchObject({ stateCount: 0, damage: [] });
    await joined.close();
    await empty.dispose();
  });
});
