import { randomBytes } from 'node:crypto';
import { link, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { testHome, joinHome, machineParts } from '../scripts/test-home.ts';
import { buildImage } from '../src/images/build.ts';
import type { BuildEnvironment } from '../src/images/build-request.ts';
import { cacheRoot, exists } from '../src/images/packages/cache.ts';
import { withLock } from '../src/images/packages/lock.ts';
import type { ImageManifest, KernelChoice } from '../src/shared/model/image.ts';
import type { PlainMachine } from './runner-protocol.ts';
import type { Runner } from './runner.ts';

const RESOURCES = path.resolve(import.meta.dirname, '..', 'resources');

/** An image on disk and the library folder that holds it. */
export interface BenchImage {
  readonly home: string;
  readonly manifest: ImageManifest;
}

/** `tiny` as the tests have it: tuned kernel where one can be built. */
export async function tinyImage(): Promise<BenchImage> {
  return imageIn(await testHome());
}

/** `tiny` with another kernel or memory size, made once and kept beside the test homes it is like. */
export async function tinyVariant(
  name: string,
  request: { kernel: KernelChoice; memoryMib: number | null },
): Promise<BenchImage> {
  const home = path.join(path.dirname(await testHome()), name);
  await publishOnce(home, async (unfinished) => {
    process.stderr.write(`bench: building the image ${name}\n`);
    await buildImage(
      { recipe: 'tiny', name: null, ...request, extraPackages: [] },
      { ...(await buildSurroundings()), library: await joinHome(unfinished), onProgress: () => undefined },
    );
  });
  return imageIn(home);
}

/** `debian`, or null where it is not in the cache and was not asked for: it takes minutes to build. */
export async function debianImage(build: boolean): Promise<BenchImage | null> {
  const folder = path.dirname(await testHome());
  const built = (await readdir(folder)).find((name) => name === 'tiny+debian');
  if (built === undefined && !build) return null;
  return imageIn(await testHome(['debian']), 'debian');
}

/** `alpine`, or null where no test has built it. */
export async function alpineImage(): Promise<BenchImage | null> {
  const home = path.join(path.dirname(await testHome()), 'tiny+alpine');
  return (await exists(home)) ? imageIn(home, 'alpine') : null;
}

/** Builds `tiny` as a person would, packages and kernel in the cache, into a library that is removed again. */
export async function buildTiny(onProgress: (step: string) => void): Promise<void> {
  const home = await mkdtemp(path.join(tmpdir(), 'terrarium-bench-'));
  const library = await joinHome(home);
  try {
    await buildImage(
      { recipe: 'tiny', name: null, kernel: 'auto', memoryMib: null, extraPackages: [] },
      { ...(await buildSurroundings()), library, onProgress: ({ step }) => onProgress(step) },
    );
  } finally {
    await library.close();
    await rm(home, { recursive: true, force: true });
  }
}

async function buildSurroundings(): Promise<Omit<BuildEnvironment, 'library' | 'onProgress'>> {
  return {
    cacheRoot: cacheRoot(),
    resourcesFolder: RESOURCES,
    parts: await machineParts(),
    signal: new AbortController().signal,
    warn: (sentence) => process.stderr.write(`bench: ${sentence}\n`),
  };
}

/**
 * The same machine as a user of the v86 package keeps it: firmware, kernel and `fs.json` as files, the
 * guest's files flat in one folder (hard links, so both sides read the same disk blocks), and a state
 * in v86's own format, saved by v86 from an equal machine at its prompt.
 */
export async function plainMachine(image: BenchImage, runner: Runner): Promise<PlainMachine> {
  const { home, manifest } = image;
  const folder = `${home}-plain-${manifest.recipe}`;
  const at = (root: string): PlainMachine => machineAt(root, image, false);
  await publishOnce(folder, async (unfinished) => {
    process.stderr.write(`bench: saving ${manifest.recipe} (${manifest.memoryMib} MiB) the plain way\n`);
    await linkFlat(path.join(home, 'blobs'), path.join(unfinished, 'files'));
    const { sizeBytes } = await runner.run({ kind: 'plain-save', machine: at(unfinished) });
    process.stderr.write(`bench: its state has ${(sizeBytes / 2 ** 20).toFixed(1)} MiB\n`);
  });
  return at(folder);
}

/** A state of our machine as v86 alone keeps it, in a folder that the caller removes. */
export async function adoptedMachine(
  image: BenchImage,
  rawPath: string,
  folder: string,
  runner: Runner,
): Promise<PlainMachine> {
  const machine = machineAt(folder, image, true);
  await linkFlat(path.join(image.home, 'blobs'), path.join(folder, 'files'));
  const { sizeBytes } = await runner.run({ kind: 'plain-adopt', machine, rawPath });
  process.stderr.write(`bench: as v86 saves it, it has ${(sizeBytes / 2 ** 20).toFixed(1)} MiB\n`);
  return machine;
}

function machineAt(folder: string, { manifest }: BenchImage, hasNetworkCard: boolean): PlainMachine {
  const file = (sha256: string): string => path.join(folder, 'files', sha256);
  const { kernel, bios, vgaBios, fsJson, memoryMib, commandLine } = manifest;
  return {
    hasNetworkCard,
    memoryMib,
    commandLine,
    biosPath: file(bios.sha256),
    vgaBiosPath: file(vgaBios.sha256),
    kernelPath: file(kernel.bzImage.sha256),
    initrdPath: kernel.initrd === null ? null : file(kernel.initrd.sha256),
    fsJsonPath: file(fsJson.sha256),
    // v86 appends a file's name to it.
    filesFolder: path.join(folder, 'files') + path.sep,
    statePath: path.join(folder, 'state.bin'),
  };
}

async function linkFlat(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) await link(path.join(entry.parentPath, entry.name), path.join(to, entry.name));
  }
}

/** Makes a folder whole or not at all; whoever comes second takes what the first one made. */
async function publishOnce(folder: string, make: (unfinished: string) => Promise<void>): Promise<void> {
  if (await exists(folder)) return;
  const { signal } = new AbortController();
  await withLock(`${folder}.lock`, { signal }, async () => {
    if (await exists(folder)) return;
    const unfinished = `${folder}.new-${randomBytes(6).toString('hex')}`;
    try {
      await mkdir(unfinished, { recursive: true });
      await make(unfinished);
      await rename(unfinished, folder);
    } finally {
      await rm(unfinished, { recursive: true, force: true });
    }
  });
}

async function imageIn(home: string, name = 'tiny'): Promise<BenchImage> {
  const library = await joinHome(home);
  return { home, manifest: await library.images.find(name) };
}
