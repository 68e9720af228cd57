import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { freeBytesOf } from '../library/room.ts';
import type { BuildPlan, KernelChoice, PlannedPart } from '../shared/model/image.ts';
import { sizeText } from '../shared/model/size-text.ts';
import { FailureError } from '../shared/result.ts';
import type { BuildEnvironment, BuildRequest } from './build-request.ts';
import { ALPINE_KERNEL } from './kernel/alpine.ts';
import { exists } from './packages/cache.ts';
import { cachedSources } from './kernel/store.ts';
import { tunedObstacle } from './kernel/tuned.ts';
import { ALPINE_COMPILER } from './programs/compile-in-machine.ts';
import { ALPINE_PROGRAMS, DEBIAN_PROGRAMS, hasApt } from './programs/image-programs.ts';
import type { Recipe } from './recipe/load-recipe.ts';
import { checkDebianChoice, plannedDebian } from './recipes/debian.ts';
import { debianChoiceOf, recipeOf } from './recipe-of.ts';

/** What parts of a build have had, rounded up: nothing is asked of the network for a plan. */
const MB = 1_000_000;
const TUNED_DOWNLOAD_BYTES = 140 * MB;
const DISTRO_DOWNLOAD_BYTES = 53 * MB;
/** Guessed: nobody has fetched one where this was measured. */
const ALPINE_KERNEL_DOWNLOAD_BYTES = 20 * MB;
const PROGRAMS_DOWNLOAD_BYTES = 1.2 * MB;
const MINIROOTFS_DOWNLOAD_BYTES = 3.5 * MB;
const DEBIAN_DOWNLOAD_BYTES = 110 * MB;
const COMPILING_DISK_BYTES = 2000 * MB;
/** Unpacked once as a tarball and once as the image's files. */
const UNPACKED_DISK_BYTES = { tiny: 5 * MB, alpine: 30 * MB, debian: 900 * MB } as const;
/** Of a base snapshot, whose free memory costs nothing. */
const SNAPSHOT_SHARE = 0.3;
const MIB = 1024 * 1024;
const BYTES_PER_S = 5 * MB;
const COMPILING_MS = 180_000;
const BOOTING_MS = 15_000;
const BASE_MS = { tiny: 1000, alpine: 5000, debian: 90_000, tarball: 30_000 } as const;

type Places = Pick<BuildEnvironment, 'cacheRoot' | 'resourcesFolder'> & { readonly home: string };

/**
 * What a build will fetch and need, found without the network and before anything is begun. Packages’ sizes stand in lists
 * that are fetched at the build; until then they are not counted, and the plan says so.
 * @throws FailureError for a recipe that cannot be read
 */
export async function planBuild(request: BuildRequest, places: Places): Promise<BuildPlan> {
  const recipe = await recipeOf(request, places.resourcesFolder);
  const { cacheRoot } = places;
  const kernel = await kernelPart(request.kernel ?? recipe.kernel, recipe, cacheRoot);
  const parts = [kernel, await programsPart(recipe, cacheRoot), ...(await baseParts(recipe, request, cacheRoot))];
  const absent = parts.filter(({ isCached }) => !isCached);
  const downloadBytes = absent.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
  const compiles = !kernel.isCached && kernel.bytes === TUNED_DOWNLOAD_BYTES;
  const { base } = recipe;
  const unpackedBytes = base.kind === 'tarball' ? 2 * (await sizeOf(base.path)) : UNPACKED_DISK_BYTES[base.kind];
  const memoryMib = request.memoryMib ?? recipe.memoryMib;
  const diskBytes =
    downloadBytes + unpackedBytes + (compiles ? COMPILING_DISK_BYTES : 0) + SNAPSHOT_SHARE * memoryMib * MIB;
  return {
    recipe: recipe.name,
    title: recipe.title,
    parts,
    downloadBytes,
    isExact: absent.length === 0,
    diskBytes: Math.ceil(diskBytes),
    freeBytes: Math.min(await freeAt(places.home), await freeAt(cacheRoot)),
    aboutMs: (1000 * downloadBytes) / BYTES_PER_S + (compiles ? COMPILING_MS : 0) + BASE_MS[base.kind] + BOOTING_MS,
    commandCount: recipe.commands.length,
    network: recipe.network,
  };
}

/** @throws FailureError `disk-full` when the build would not fit */
export function checkDisk({ diskBytes, freeBytes }: Pick<BuildPlan, 'diskBytes' | 'freeBytes'>): void {
  if (freeBytes >= diskBytes) return;
  throw new FailureError(
    'disk-full',
    `The build needs about ${sizeText(diskBytes)} of the disk, and ${sizeText(freeBytes)} are free. Nothing was begun; free some and try again.`,
  );
}

async function kernelPart(choice: KernelChoice, { base }: Recipe, cacheRoot: string): Promise<PlannedPart> {
  if (choice !== 'distro') {
    const isCached = (await cachedSources(cacheRoot, 'tuned')).length > 0;
    if (isCached || choice === 'tuned' || (await tunedObstacle()) === null)
      return { name: 'Linux, compiled once', bytes: TUNED_DOWNLOAD_BYTES, isCached };
  }
  const isAlpine = base.kind === 'alpine';
  const sources = await cachedSources(cacheRoot, 'distro');
  const isCached = sources.some((source) => source.startsWith(`${ALPINE_KERNEL}-`) === isAlpine);
  return isAlpine
    ? { name: 'Alpine’s Linux', bytes: ALPINE_KERNEL_DOWNLOAD_BYTES, isCached }
    : { name: 'Debian’s Linux', bytes: DISTRO_DOWNLOAD_BYTES, isCached };
}

async function programsPart({ base }: Recipe, cacheRoot: string): Promise<PlannedPart> {
  const isAlone = base.kind === 'alpine' && !(await hasApt());
  const folder = path.join(cacheRoot, ...(isAlone ? ['alpine', 'packages'] : ['packages', 'i386']));
  const wanted = isAlone ? [...ALPINE_PROGRAMS, ALPINE_COMPILER] : DEBIAN_PROGRAMS;
  const files = await readdir(folder).catch((): string[] => []);
  const isCached = wanted.every((name) =>
    files.some((file) => (isAlone ? isVersionOf(file, name) : file === `${name}.json`)),
  );
  return { name: 'busybox and SeaBIOS', bytes: PROGRAMS_DOWNLOAD_BYTES, isCached };
}

/** `tcc-0.9.27-r1-….apk` is, `tcc-libs-0.9.27-r1-….apk` is not one of `tcc`. */
function isVersionOf(file: string, name: string): boolean {
  return file.startsWith(`${name}-`) && /^\d/.test(file.slice(name.length + 1));
}

async function baseParts(recipe: Recipe, request: BuildRequest, cacheRoot: string): Promise<PlannedPart[]> {
  const { base } = recipe;
  const debian = debianChoiceOf(recipe, request);
  if (debian) {
    checkDebianChoice(debian);
    const { isCached, bytes } = await plannedDebian(cacheRoot, debian);
    const name = `Debian and ${debian.packages.length} packages`;
    return [{ name, bytes: bytes ?? DEBIAN_DOWNLOAD_BYTES, isCached }];
  }
  if (base.kind !== 'alpine') return [];
  const packages = [...recipe.packages, ...request.extraPackages];
  const files = await readdir(path.join(cacheRoot, 'alpine', 'rootfs')).catch((): string[] => []);
  const wanted = base.release === null ? 'alpine-minirootfs-' : `alpine-minirootfs-${base.release}.`;
  const isCached = files.some((file) => file.startsWith(wanted) && file.endsWith('.tar.gz'));
  const rootfs = { name: 'Alpine’s minimal system', bytes: MINIROOTFS_DOWNLOAD_BYTES, isCached };
  if (packages.length === 0) return [rootfs];
  return [rootfs, { name: `Alpine’s packages: ${packages.join(', ')}`, bytes: null, isCached: false }];
}

async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => ({ size: 0 }))).size;
}

/** Of a folder that may be made only later. */
async function freeAt(folder: string): Promise<number> {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    if (await exists(at)) return freeBytesOf(at);
    if (at === path.dirname(at)) return Infinity;
  }
}
