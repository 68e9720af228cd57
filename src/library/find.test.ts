import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { damageRecord, TestLibrary } from '../../scripts/test-library.ts';
import type { ImageManifest } from '../shared/model/image.ts';

describe('what a machine can be started from', () => {
  let test: TestLibrary;
  let image: ImageManifest;
  beforeEach(async () => {
    test = await TestLibrary.create();
    image = await test.addImage('tiny');
  });
  afterEach(() => test.dispose());

  it('is an image with its base snapshot, by name or id', async () => {
    const base = await test.library.states.get(image.base);
    expect(await test.library.find('tiny')).toEqual({ image, start: base, snapshot: null });
    expect(await test.library.find(image.id)).toEqual({ image, start: base, snapshot: null });
  });

  it('is a snapshot, by name or id, of a VM or of none', async () => {
    const ofVm = await test.save(image, await test.newVm(image), 'snapshot', 'before “it”');
    const ofNone = await test.saveSnapshot(image, 'with-tool');
    for (const snapshot of [ofVm, ofNone]) {
      for (const nameOrId of [snapshot.name, snapshot.id]) {
        expect(await test.library.find(nameOrId)).toEqual({ image, start: snapshot, snapshot });
      }
    }
    await test.library.updateSnapshot(ofNone.id, { name: 'renamed' });
    expect((await test.library.find('renamed')).start.id).toBe(ofNone.id);
    await expect(test.library.find('with-tool')).rejects.toMatchObject({ code: 'not-found' });
  });

  it('is the newest image of a name', async () => {
    const rebuilt = await test.addImage('tiny', 'another file');
    expect((await test.library.find('tiny')).start.id).toBe(rebuilt.base);
  });

  it('is not guessed where a name means several things: the ids are said, and work', async () => {
    const same = await test.saveSnapshot(image, 'tiny');
    await expect(test.library.find('tiny')).rejects.toMatchObject({
      code: 'bad-input',
      message: `“tiny” is the name of an image and of a snapshot. Use an id instead: tiny-1 (the image), ${same.id}.`,
    });
    const twins = [await test.saveSnapshot(image, 'twin'), await test.saveSnapshot(image, 'twin')];
    await expect(test.library.find('twin')).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringMatching(/^“twin” is the name of 2 snapshots\. Use an id instead: st-\w+, st-\w+\.$/),
    });
    for (const { id } of [same, ...twins]) expect((await test.library.find(id)).start.id).toBe(id);
    expect((await test.library.find(image.id)).snapshot).toBeNull();
  });

  it('is never a head or a base snapshot', async () => {
    const head = await test.save(image, await test.newVm(image), 'head');
    for (const id of [head.id, image.base]) {
      await expect(test.library.find(id)).rejects.toMatchObject({ code: 'not-found' });
    }
  });

  it('is not there: up to five of each that are', async () => {
    for (let count = 0; count < 6; count += 1) await test.saveSnapshot(image, `s${count}`);
    await expect(test.library.find('x'.repeat(200))).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringMatching(
        /^There is no image or snapshot called “x{80}”\. Images: tiny\. Snapshots: (s\d, ){4}s\d and 1 more\.$/,
      ),
    });
    for (const hostile of ['', '..', '../images/tiny-1', 'a/b', '\0']) {
      await expect(test.library.find(hostile)).rejects.toMatchObject({ code: 'not-found' });
    }
  });

  it('is not there: nor is anything else, so the way to an image is said', async () => {
    await test.library.deleteImage(image.id);
    await expect(test.library.find('tiny')).rejects.toMatchObject({
      message:
        'There is no image or snapshot called “tiny”. No image has been built yet: “terrarium image build tiny” makes one.',
    });
  });

  it('says what is damaged, when that was meant', async () => {
    const snapshot = await test.saveSnapshot(image, 'good');
    await damageRecord(test.stateFile(snapshot, 'manifest.json'));
    await expect(test.library.find(snapshot.id)).rejects.toMatchObject({ code: 'damaged' });
    await expect(test.library.find('good')).rejects.toMatchObject({ code: 'damaged' });
    expect((await test.library.find('tiny')).image).toEqual(image);
  });

  it('knows which names are free for a snapshot', async () => {
    await test.saveSnapshot(image, 'taken');
    await test.save(image, await test.newVm(image), 'head');
    expect(await test.library.snapshotNameIsFree(' taken ')).toBe(false);
    expect(await test.library.snapshotNameIsFree('free')).toBe(true);
    await expect(test.library.snapshotNameIsFree('a/b')).rejects.toMatchObject({ code: 'bad-input' });
  });
});

describe('a snapshot of a machine that is no VM', () => {
  let test: TestLibrary;
  let image: ImageManifest;
  beforeEach(async () => {
    test = await TestLibrary.create();
    image = await test.addImage('tiny');
  });
  afterEach(() => test.dispose());

  it('survives opening the library, and can be forked, renamed and deleted like any other', async () => {
    const snapshot = await test.saveSnapshot(image, ' with-tool ');
    expect(snapshot).toMatchObject({ kind: 'snapshot', name: 'with-tool', vmId: null, vmName: 'tiny', parent: null });
    expect(await test.reopen()).toEqual([]);
    expect(await test.library.snapshots()).toEqual([snapshot]);
    expect(await test.library.fork(snapshot.id, 'forked')).toMatchObject({ head: snapshot.id, imageId: image.id });
    await expect(test.library.deleteSnapshot(snapshot.id)).rejects.toMatchObject({ code: 'busy' });
    await expect(test.library.deleteImage(image.id)).rejects.toMatchObject({ code: 'busy' });
  });

  it('is not kept when its image was deleted meanwhile', async () => {
    const other = await test.addImage('other');
    const beside = await test.join();
    await test.library.deleteImage(other.id);
    await expect(test.saveSnapshot(other, 'late', beside)).rejects.toMatchObject({ code: 'not-found' });
    await beside.close();
    expect(await test.stateIds()).toEqual([image.base]);
  });

  it('has a name a person could have given', async () => {
    await expect(test.saveSnapshot(image, 'a/b')).rejects.toMatchObject({ code: 'bad-input' });
    await expect(test.saveSnapshot({ ...image, name: 'x\ny' }, 'a')).rejects.toMatchObject({ code: 'bad-input' });
    expect(await test.stateIds()).toEqual([image.base]);
  });
});
