import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestLibrary } from '../../../scripts/test-library.ts';
import type { BuildOrder } from '../image-builder-protocol.ts';
import { catalogueHandlers } from './catalogue-handlers.ts';

describe('calls about the catalogue of images', () => {
  let folder: string;
  let test: TestLibrary;
  let chosen: string | null = null;
  let orders: BuildOrder[] = [];
  let isBuilding = false;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'terrarium-catalogue-'));
    test = await TestLibrary.create();
    chosen = path.join(folder, 'mine.recipe');
    await writeFile(chosen, 'recipe: 1\nname: mine\ntitle: Mine\ndescription: Of a file.\nbase: tiny\n');
    orders = [];
    isBuilding = false;
  });
  afterEach(async () => {
    await test.dispose();
    await rm(folder, { recursive: true });
  });

  const calls = () =>
    catalogueHandlers({
      library: test.library,
      builds: {
        get isBuilding() {
          return isBuilding;
        },
        build: async (order) => {
          orders.push(order);
          const { id } = await test.addImage('built');
          return { imageId: id, warnings: [] };
        },
      },
      buildPlaces: {
        home: folder,
        cacheRoot: folder,
        resourcesFolder: path.join(import.meta.dirname, '..', '..', '..', 'resources'),
        workerPath: '/w',
        wasmPath: '/m',
      },
      events: { send: () => undefined },
      changing: (change) => change,
      randomHex: () => 'a'.repeat(32),
      chooseRecipe: () => Promise.resolve(chosen),
    });

  it('plan and build a chosen recipe without the page learning its path', async () => {
    const { 'image.chooseRecipe': choose, 'image.buildChosen': build } = calls();
    const answer = await choose(undefined);
    expect(answer).toMatchObject({ token: 'a'.repeat(32), plan: { title: 'Mine' } });
    expect(JSON.stringify(answer)).not.toContain(folder);
    expect(await build({ token: 'a'.repeat(32) })).toMatchObject({ name: 'built' });
    expect(orders).toMatchObject([{ recipe: chosen, kernel: 'auto' }]);
  });

  it('refuse a token that no dialog gave', () => {
    const { 'image.buildChosen': build } = calls();
    expect(() => build({ token: 'b'.repeat(32) })).toThrow('not chosen any more');
    expect(orders).toEqual([]);
  });

  it('say what is wrong with a recipe without its folder', async () => {
    chosen = path.join(folder, 'absent.recipe');
    const { 'image.chooseRecipe': choose } = calls();
    await expect(choose(undefined)).rejects.toThrow('There is no file “absent.recipe”.');
  });

  it('keep an image while another is built', async () => {
    const { id } = await test.addImage('tiny');
    isBuilding = true;
    const { 'image.delete': remove, 'image.catalogue': list } = calls();
    expect(() => remove({ imageId: id })).toThrow('An image is being built');
    expect((await list(undefined)).images).toHaveLength(1);
    isBuilding = false;
    expect((await remove({ imageId: id })).freedBytes).toBeGreaterThan(0);
    expect((await list(undefined)).images).toEqual([]);
  });
});
