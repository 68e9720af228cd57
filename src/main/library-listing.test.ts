import { afterEach, beforeEach, expect, it } from 'vitest';
import { damageRecord, TestLibrary } from '../../scripts/test-library.ts';
import { LibraryListing } from './library-listing.ts';

let test: TestLibrary;
beforeEach(async () => {
  test = await TestLibrary.create();
});
afterEach(() => test.dispose());

it('lists what the page shows, and says each problem once', async () => {
  const image = await test.addImage('tiny');
  const vm = await test.newVm(image);
  await test.save(image, vm, 'head');
  const [good, bad] = [await test.save(image, vm, 'snapshot', 'good'), await test.save(image, vm, 'snapshot', 'bad')];
  await test.library.updateSnapshot(good.id, { note: 'a note', tags: ['a'], isProtected: true });
  await damageRecord(test.stateFile(bad, 'manifest.json'));
  const listing = new LibraryListing(test.library, ['The settings were damaged.', ...(await test.reopen())]);
  const { vms, snapshots, images, problems } = await listing.list();
  expect(vms.map(({ name }) => name)).toEqual(['one']);
  expect(images.map(({ name }) => name)).toEqual(['tiny']);
  expect(snapshots).toEqual([
    {
      id: good.id,
      name: 'good',
      note: 'a note',
      tags: ['a'],
      isProtected: true,
      madeBy: 'person',
      vmId: vm.id,
      vmName: 'one',
      imageId: image.id,
      parent: null,
      createdAt: good.createdAt,
      memoryMib: 64,
      sizeBytes: 3,
      newBytes: expect.any(Number),
      damage: null,
    },
  ]);
  expect(problems).toEqual(['The settings were damaged.', expect.stringContaining(bad.id)]);
});

it('marks what the last check of the library found damaged', async () => {
  const image = await test.addImage('tiny');
  const vm = await test.newVm(image);
  const [a, b] = [await test.save(image, vm, 'snapshot', 'a'), await test.save(image, vm, 'snapshot', 'b')];
  const listing = new LibraryListing(test.library, []);
  const damageOf = async () => (await listing.list()).snapshots.map(({ damage }) => damage);
  const damage = { kind: 'snapshot', id: b.id, name: 'b', message: '“b” cannot be loaded.', neededBy: [] } as const;
  listing.noteDamage({ damage: [damage] });
  expect(await damageOf()).toEqual([null, '“b” cannot be loaded.']);
  listing.noteDamage({ damage: [{ ...damage, id: a.id, message: '“a” cannot be loaded.' }] });
  expect(await damageOf()).toEqual(['“a” cannot be loaded.', null]);
});
