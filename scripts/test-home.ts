import { createHash, randomBytes } from 'node:crypto';
import {
  copyFile,
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { buildImage } from '../src/images/build.ts';
import { cacheRoot, exists } from '../src/images/packages/cache.ts';
import { withLock } from '../src/images/packages/lock.ts';
import { Library } from '../src/library/library.ts';
import type { MachineParts } from '../src/machine/node-endpoint.ts';
import type { RecipeName } from '../src/shared/model/image.ts';

/*
 * Library folders that hold built images, for tests and benchmarks. Made once for each version of
 * the code they depend on, kept in the cache folder, and copied by whoever wants to write to one.
 */

const PROJECT = path.resolve(import.meta.dirname, '..');
/** What decides how an image and its base snapshot come out. */
const SOURCES = ['resources/guest', 'src/images', 'src/machine', 'src/library', 'src/shared'];
/** Enough for switching between a few branches; a home with `debian` has some 400 MB. */
const HOMES_KEPT = 3;

/**
 * A library folder (`TERRARIUM_HOME`) that holds the image `tiny` and, when asked for, others.
 * Shared by all who ask: to write to it, take a {@link copyHome}.
 */
export async function testHome(more: readonly Exclude<RecipeName, 'tiny'>[] = []): Promise<string> {
  const homes = path.join(cacheRoot(), 'test-homes');
  const folder = path.join(homes, await sourcesKey());
  const home = path.join(folder, ['tiny', ...more].join('+'));
  const { signal } = new AbortController();
  await withLock(path.join(homes, 'lock'), { signal }, async () => {
    await mkdir(folder, { recursive: true });
    if (!(await exists(path.join(folder, 'tiny')))) await publishHome(path.join(folder, 'tiny'), null, ['tiny']);
    if (!(await exists(home))) await publishHome(home, path.join(folder, 'tiny'), more);
    const now = new Date();
    await utimes(folder, now, now);
    await removeOld(homes);
  });
  return home;
}

/**
 * An independent copy of a library folder, in the system's folder for temporary files; the caller
 * removes it. Image files are hard links: a test that damages one replaces it, never writes into it.
 */
export async function copyHome(from: string): Promise<string> {
  const copy = await mkdtemp(path.join(tmpdir(), 'terrarium-home-'));
  await copyTree(from, copy, (file) => file.startsWith(path.join(from, 'blobs') + path.sep));
  return copy;
}

/** A library over a test home, as a second process opens one: nothing in it is cleaned up. */
export function joinHome(home: string): Promise<Library> {
  return Library.join(home, { now: Date.now, randomBytes: (count) => randomBytes(count) });
}

/** The machine worker for Node, bundled from source, and the emulator. */
export async function machineParts(): Promise<MachineParts> {
  const workerPath = path.join(PROJECT, 'node_modules', '.cache', 'terrarium', 'machine-worker.js');
  bundled ??= bundleWorker(workerPath);
  await bundled;
  return { workerPath, wasmPath: path.join(PROJECT, 'node_modules', 'v86', 'build', 'v86.wasm') };
}

/** Bundled once a process: another process may hold older sources. */
let bundled: Promise<void> | null = null;

async function bundleWorker(workerPath: string): Promise<void> {
  const { outputFiles } = await build({
    entryPoints: [path.join(PROJECT, 'src', 'machine', 'entry-node.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
  });
  const [bundle] = outputFiles;
  if (!bundle) throw new Error('esbuild gave no bundle of the machine worker');
  await mkdir(path.dirname(workerPath), { recursive: true });
  const unfinished = `${workerPath}.${randomBytes(6).toString('hex')}`;
  await writeFile(unfinished, bundle.contents);
  await rename(unfinished, workerPath);
}

async function publishHome(home: string, basedOn: string | null, recipes: readonly RecipeName[]): Promise<void> {
  const scratch = basedOn === null ? await mkdtemp(path.join(tmpdir(), 'terrarium-home-')) : await copyHome(basedOn);
  const unfinished = `${home}.new-${randomBytes(6).toString('hex')}`;
  try {
    const library = await joinHome(scratch);
    try {
      for (const recipe of recipes) await buildInto(library, recipe);
    } finally {
      await library.close();
    }
    // The cache may lie on another file system, where a rename cannot reach.
    await mkdir(unfinished);
    await copyTree(scratch, unfinished, () => false);
    await rename(unfinished, home);
  } finally {
    await rm(scratch, { recursive: true, force: true });
    await rm(unfinished, { recursive: true, force: true });
  }
}

async function buildInto(library: Library, recipe: RecipeName): Promise<void> {
  let shown = '';
  await buildImage(
    { recipe, name: null, kernel: 'auto', memoryMib: null, extraPackages: [] },
    {
      library,
      cacheRoot: cacheRoot(),
      resourcesFolder: path.join(PROJECT, 'resources'),
      parts: await machineParts(),
      signal: new AbortController().signal,
      onProgress: ({ step, fraction }) => {
        // One line a step: a first build takes minutes and must not look stuck.
        if (step === shown) return;
        shown = step;
        process.stderr.write(`test image ${recipe}: ${Math.round(fraction * 100)} % ${step}\n`);
      },
      warn: (sentence) => process.stderr.write(`test image ${recipe}: ${sentence}\n`),
    },
  );
}

async function sourcesKey(): Promise<string> {
  const hash = createHash('sha256');
  for (const folder of SOURCES) {
    const files = await readdir(path.join(PROJECT, folder), { recursive: true, withFileTypes: true });
    const paths = files
      .filter((entry) => entry.isFile() && !/\.(test|conformance)\.ts$/.test(entry.name))
      .map((entry) => path.relative(PROJECT, path.join(entry.parentPath, entry.name)))
      .sort();
    for (const file of paths) {
      const content = await readFile(path.join(PROJECT, file));
      hash.update(`${file}\0${content.byteLength}\0`).update(content);
    }
  }
  hash.update(await v86Version());
  return hash.digest('hex').slice(0, 20);
}

async function v86Version(): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(path.join(PROJECT, 'package.json'), 'utf8'));
  const dependencies = property(manifest, 'dependencies');
  const version = property(dependencies, 'v86');
  if (typeof version !== 'string') throw new Error('package.json names no version of v86');
  return version;
}

function property(object: unknown, name: string): unknown {
  return typeof object === 'object' && object !== null
    ? Object.getOwnPropertyDescriptor(object, name)?.value
    : undefined;
}

async function removeOld(homes: string): Promise<void> {
  const folders: { file: string; usedAtMs: number }[] = [];
  for (const entry of await readdir(homes, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const file = path.join(homes, entry.name);
    folders.push({ file, usedAtMs: (await stat(file)).mtimeMs });
  }
  folders.sort((a, b) => b.usedAtMs - a.usedAtMs);
  for (const { file } of folders.slice(HOMES_KEPT)) await rm(file, { recursive: true, force: true });
}

async function copyTree(from: string, to: string, mayLink: (file: string) => boolean): Promise<void> {
  for (const entry of await readdir(from, { withFileTypes: true })) {
    // What processes have of that library now is nobody's in the copy.
    if (entry.name === 'claims') continue;
    const source = path.join(from, entry.name);
    const target = path.join(to, entry.name);
    if (entry.isDirectory()) {
      await mkdir(target);
      await copyTree(source, target, (file) => mayLink(file));
    } else if (!mayLink(source) || !(await linked(source, target))) await copyFile(source, target);
  }
}

/** False where a hard link cannot be made: another file system, or one without links. */
async function linked(source: string, target: string): Promise<boolean> {
  return link(source, target).then(
    () => true,
    () => false,
  );
}
