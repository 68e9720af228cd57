import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { TestVms } from '../../scripts/test-network.ts';
import type { ImageManifest } from '../shared/model/image.ts';
import { buildImage } from './build.ts';
import { cacheRoot } from './packages/cache.ts';

const PROJECT = path.resolve(import.meta.dirname, '..', '..');
const INTERRUPTIONS = 50;
const FIRST_BOOT_STEP = 3;
type Part = 'before' | 'boot';
interface StopAt {
  readonly part: Part;
  readonly report: number;
}
/** Half of the interruptions come when a machine has been started; on a busy computer each takes some seconds. */
const PATIENCE_MS = 600_000;

describe('builds that are given up', { timeout: PATIENCE_MS }, () => {
  let folder = '';
  let vms: TestVms;
  let recipe = '';
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'terrarium-interrupted-'));
    vms = await TestVms.in(inject('tinyHome'), inject('machineParts'));
    recipe = path.join(folder, 'attic.recipe');
    await writeFile(recipe, 'recipe: 1\nname: attic\nbase: tiny\nmemory: 64\nrun: echo done >/root/done\n');
  });
  afterAll(async () => {
    await vms.remove();
    await rm(folder, { recursive: true, force: true });
  });

  /** @param stopAt the report of progress at which it is given up, counted within files and first boot each */
  async function build(stopAt: StopAt | null): Promise<{ image: ImageManifest | null; reports: Record<Part, number> }> {
    const stop = new AbortController();
    const reports = { before: 0, boot: 0 };
    const built = buildImage(
      { recipe, name: null, kernel: null, memoryMib: null, extraPackages: [] },
      {
        library: vms.library,
        cacheRoot: cacheRoot(),
        resourcesFolder: path.join(PROJECT, 'resources'),
        parts: inject('machineParts'),
        signal: stop.signal,
        onProgress: ({ stepIndex }) => {
          const part = stepIndex < FIRST_BOOT_STEP ? 'before' : 'boot';
          reports[part] += 1;
          if (part === stopAt?.part && reports[part] === stopAt.report) stop.abort();
        },
        warn: () => undefined,
      },
    );
    if (stopAt === null) return { image: await built, reports };
    await expect(built).rejects.toMatchObject({ code: 'cancelled' });
    return { image: null, reports };
  }

  it('leave nothing, and the next one equals one that was never given up', async () => {
    const clean = await build(null);
    const id = clean.image?.id;
    if (id === undefined) throw new Error('nothing was built');
    await vms.library.deleteImage(id);
    for (let index = 0; index < INTERRUPTIONS; index += 1) {
      const part = index % 2 === 0 ? 'before' : 'boot';
      // Evenly over either; a boot may have fewer reports than the first one had, so not at its end.
      const report = 1 + Math.floor((index * clean.reports[part] * 0.6) / INTERRUPTIONS);
      await build({ part, report });
      expect((await vms.library.images.list()).manifests.map(({ name }) => name)).toEqual(['tiny']);
    }
    const after = await build(null);
    const { createdAt, base, ...same } = clean.image ?? {};
    expect([createdAt, base]).not.toContain(undefined);
    expect(after.image).toMatchObject(same);
    const scratch = await readdir(tmpdir());
    expect(scratch.filter((name) => name.startsWith(`terrarium-build-${process.pid}-`))).toEqual([]);
    expect((await vms.library.verify()).damage).toEqual([]);
  });
});
