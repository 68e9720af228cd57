import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestLibrary } from '../../scripts/test-library.ts';
import { diskOf, imageCatalogue, imageDetails, updateOf } from './catalogue.ts';
import { recipeSha256 } from './recipe/recipe-hash.ts';
import { findRecipe } from './recipe/shipped.ts';

const RESOURCES = path.join(import.meta.dirname, '..', '..', 'resources');

describe('updateOf', () => {
  const todays = new Map([['tiny', 'new']]);
  const of = (recipeSha256: string | undefined, recipe = 'tiny') => ({ recipe, recipeSha256 });

  it.each([
    ['current', of('new'), []],
    ['available', of('old'), []],
    ['replaced', of('old'), [of('new')]],
    ['available', of('old'), [of('new', 'alpine')]],
    ['unknown', of(undefined), []],
    ['unknown', of('old', 'tarball'), []],
  ] as const)('is %s', (expected, image, others) => {
    expect(updateOf(image, [image, ...others], todays)).toBe(expected);
  });
});

it('a file counts once in an image, and as shared when another has it', () => {
  const file = (sha256: string, sizeBytes: number) => ({ sha256, sizeBytes });
  expect(diskOf([[file('a', 1), file('a', 1), file('b', 2)], [file('b', 2)], []])).toEqual([
    { filesBytes: 3, sharedBytes: 2 },
    { filesBytes: 2, sharedBytes: 2 },
    { filesBytes: 0, sharedBytes: 0 },
  ]);
});

it('a recipe is another when what is in it changes, not when its description does', async () => {
  const recipe = await findRecipe('tiny', RESOURCES);
  expect(recipeSha256({ ...recipe, title: 'Other', description: 'Other' })).toBe(recipeSha256(recipe));
  expect(recipeSha256({ ...recipe, packages: ['git'] })).not.toBe(recipeSha256(recipe));
  const file = (text: string) => ({ path: '/etc/motd', mode: 0o644, content: new TextEncoder().encode(text) });
  expect(recipeSha256({ ...recipe, files: [file('a')] })).not.toBe(recipeSha256({ ...recipe, files: [file('b')] }));
});

describe('imageCatalogue', () => {
  let test: TestLibrary;
  beforeEach(async () => {
    test = await TestLibrary.create();
  });
  afterEach(() => test.dispose());

  it('says what an image takes and who needs it, and what can be built', async () => {
    const image = await test.addImage('tiny');
    await test.addImage('other');
    const vm = await test.newVm(image);
    await test.save(image, vm, 'snapshot', 'before');
    const { images, recipes, problems } = await imageCatalogue(test.library, RESOURCES);
    const tiny = images.find(({ name }) => name === 'tiny');
    expect(tiny).toMatchObject({ vms: [vm.name], snapshots: ['before'], update: 'unknown' });
    expect(tiny?.disk?.filesBytes).toBeGreaterThan(tiny?.disk?.sharedBytes ?? Infinity);
    expect(tiny?.disk?.sharedBytes).toBeGreaterThan(0);
    expect(recipes.map(({ name }) => name)).toContain('debian-dev');
    expect(problems).toEqual([]);
  });

  it('frees what an image had alone, and leaves what another has', async () => {
    const image = await test.addImage('tiny');
    const other = await test.addImage('other');
    const { images } = await imageCatalogue(test.library, RESOURCES);
    const disk = images.find(({ id }) => id === image.id)?.disk;
    expect(await test.library.deleteImage(image.id)).toEqual({
      freedBytes: (disk?.filesBytes ?? 0) - (disk?.sharedBytes ?? 0),
    });
    for (const ref of await test.library.images.refsOf(other, test.library.blobs))
      expect(await test.library.blobs.has(ref)).toBe(true);
  });
});

it('packages are listed by name', () => {
  const kernel = { kind: 'tuned', release: '6.1' };
  const manifest = { packages: { zlib: '2', bash: '1' }, kernel } as unknown as Parameters<typeof imageDetails>[0];
  expect(imageDetails(manifest)).toEqual({
    packages: [
      { name: 'bash', version: '1' },
      { name: 'zlib', version: '2' },
    ],
    kernel: '6.1 (tuned)',
  });
});
