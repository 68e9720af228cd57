import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { TestVms } from '../../../scripts/test-network.ts';
import { TestMachine } from '../../../scripts/test-machine.ts';
import type { ImageManifest } from '../../shared/model/image.ts';
import { buildImage } from '../build.ts';
import { cacheRoot } from '../packages/cache.ts';

const RESOURCES = path.resolve(import.meta.dirname, '..', '..', '..', 'resources');
const PATIENCE_MS = 400_000;

describe('an image of a recipe’s file', { timeout: PATIENCE_MS }, () => {
  let folder = '';
  let vms: TestVms;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'terrarium-recipes-'));
    vms = await TestVms.in(inject('tinyHome'), inject('machineParts'));
  });
  afterAll(async () => {
    await vms.remove();
    await rm(folder, { recursive: true, force: true });
  });

  async function build(lines: string): Promise<ImageManifest> {
    const recipe = path.join(folder, 'attic.recipe');
    await writeFile(recipe, `recipe: 1\nname: attic\nbase: tiny\nmemory: 64\n${lines}`);
    return buildImage(
      { recipe, name: null, kernel: null, memoryMib: null, extraPackages: [] },
      {
        library: vms.library,
        cacheRoot: cacheRoot(),
        resourcesFolder: RESOURCES,
        parts: inject('machineParts'),
        signal: new AbortController().signal,
        onProgress: () => undefined,
        warn: () => undefined,
      },
    );
  }

  it('has its files and what its commands did, and the same recipe gives the same id', async () => {
    const lines = 'network: offline\nfile: /etc/motd\n  From a recipe\nrun: tr a-z A-Z </etc/motd >/root/loud\n';
    const first = await build(lines);
    const options = await vms.create('Attic', 'attic');
    const machine = await TestMachine.start(options);
    try {
      const running = await machine.client.exec({
        argv: ['/bin/sh', '-c', 'cat /root/loud /etc/motd; ls /usr/lib/terrarium'],
      });
      const text = await new Response(running.stdout).text();
      expect(text).toContain('FROM A RECIPE\nFrom a recipe\n');
      expect(text).not.toContain('recipe-commands');
    } finally {
      machine.dispose();
    }
    expect(first.network).toBe('offline');
    expect((await build(lines)).id).toBe(first.id);
  });

  it('is not built when a command fails, and nothing is left', async () => {
    await expect(build('run: echo oh dear\n  exit 7\nrun: echo never\n')).rejects.toThrow(
      /command 1 \(“echo oh dear”\) ended with 7 .*It printed last:\noh dear$/,
    );
    const left = await readdir(tmpdir());
    expect(left.filter((name) => name.startsWith(`terrarium-build-${process.pid}-`))).toEqual([]);
  });
});
