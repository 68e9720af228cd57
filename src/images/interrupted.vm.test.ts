import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { TestVms } from '../../scripts/test-network.ts';
import type { ImageManifest } from '../shared/model/image.ts';
import { buildRecipe, type Part } from './interrupted.fixture.ts';

const CANCELLED = 30;
const KILLED = 20;
const BUILDER = path.join(import.meta.dirname, 'interrupted.fixture.ts');
interface StopAt {
  readonly part: Part;
  readonly report: number;
}
/** Half of the interruptions come when a machine has been started; on a busy computer each takes some seconds. */
const PATIENCE_MS = 600_000;

describe('builds that are interrupted', { timeout: PATIENCE_MS }, () => {
  let folder = '';
  let vms: TestVms;
  let recipe = '';
  const builders = new Set<number | undefined>([process.pid]);
  let clean: { image: ImageManifest; reports: Record<Part, number> };
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'terrarium-interrupted-'));
    vms = await TestVms.in(inject('tinyHome'), inject('machineParts'));
    recipe = path.join(folder, 'attic.recipe');
    await writeFile(recipe, 'recipe: 1\nname: attic\nbase: tiny\nmemory: 64\nrun: echo done >/root/done\n');
    clean = await build();
    await vms.library.deleteImage(clean.image.id);
  }, PATIENCE_MS);
  afterAll(async () => {
    await vms.remove();
    await rm(folder, { recursive: true, force: true });
  });

  async function build(
    stop = new AbortController(),
    stopAt: StopAt | null = null,
  ): Promise<{ image: ImageManifest; reports: Record<Part, number> }> {
    const reports = { before: 0, boot: 0 };
    const image = await buildRecipe(vms.library, recipe, {
      parts: inject('machineParts'),
      signal: stop.signal,
      onReport: (part) => {
        reports[part] += 1;
        if (part === stopAt?.part && reports[part] === stopAt.report) stop.abort();
      },
    });
    return { image, reports };
  }

  async function buildAndKill({ part, report }: StopAt): Promise<void> {
    const parts = JSON.stringify(inject('machineParts'));
    const child = spawn(process.execPath, ['--import', 'tsx', BUILDER, vms.library.folder, recipe, parts], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    builders.add(child.pid);
    let problems = '';
    child.stderr.on('data', (chunk: Buffer) => (problems += chunk.toString()));
    let reports = 0;
    createInterface(child.stdout).on('line', (line) => {
      if (line !== part) return;
      reports += 1;
      if (reports === report) child.kill('SIGKILL');
    });
    const [, signal] = (await once(child, 'close')) as [number | null, string | null];
    expect(signal, problems).toBe('SIGKILL');
  }

  /** Evenly over either part; a boot may have fewer reports than the first one had, so not at its end. */
  function stopPoints(count: number): StopAt[] {
    return Array.from({ length: count }, (_, index) => {
      const part = index % 2 === 0 ? 'before' : 'boot';
      return { part, report: 1 + Math.floor((index * clean.reports[part] * 0.6) / count) };
    });
  }

  const imageNames = async (): Promise<string[]> =>
    (await vms.library.images.list()).manifests.map(({ name }) => name).sort();

  /** Equal but for when it was made, and the base snapshot's own id; and nothing of the others is left. */
  async function expectAsClean(): Promise<void> {
    const { image } = await build();
    const { createdAt, base, ...same } = clean.image;
    expect([createdAt, base]).not.toContain(undefined);
    expect(image).toMatchObject(same);
    await vms.library.deleteImage(image.id);
    const builderOf = (name: string): number => Number(/^terrarium-build-(\d+)-/.exec(name)?.[1]);
    expect((await readdir(tmpdir())).filter((name) => builders.has(builderOf(name)))).toEqual([]);
    expect((await vms.library.verify()).damage).toEqual([]);
  }

  it(`leave nothing when they are given up (${CANCELLED} times), and the next one equals a clean one`, async () => {
    for (const stopAt of stopPoints(CANCELLED)) {
      await expect(build(new AbortController(), stopAt)).rejects.toMatchObject({ code: 'cancelled' });
      expect(await imageNames()).toEqual(['tiny']);
    }
    await expectAsClean();
  });

  it(`leave no image when they are killed (${KILLED} times), and the next one equals a clean one`, async () => {
    for (const stopAt of stopPoints(KILLED)) {
      await buildAndKill(stopAt);
      expect(await imageNames()).toEqual(['tiny']);
    }
    await expectAsClean();
  });
});
