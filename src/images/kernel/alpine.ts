import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { FailureError } from '../../shared/result.ts';
import type { KeyRing } from '../packages/apk/keys.ts';
import type { AlpineMirror, OfferedPackage } from '../packages/apk/mirror.ts';
import type { ApkPackage } from '../packages/apk/package-file.ts';
import { compareVersions } from '../packages/apk/version.ts';
import type { WorkContext } from '../packages/context.ts';
import { ALPINE_BUSYBOX } from '../busybox.ts';
import { makeScratch } from '../scratch.ts';
import type { DistroKernel } from './distro.ts';
import { INIT_SCRIPT, initramfs, MODULES } from './initramfs.ts';
import { modulesInOrder } from './modules.ts';
import { cachedKernel, storeKernel, type Kernel } from './store.ts';

/** Alpine's kernel for virtual machines. */
export const ALPINE_KERNEL = 'linux-virt';
/** The shell of the initramfs. */
const BUSYBOX_PACKAGE = 'busybox-static';
const BZ_IMAGE = /^(?:usr\/)?boot\/vmlinuz-virt$/;
/** What modulesInOrder reads. Only the last part is ever the name of a file here. */
const MODULE = /^(?:usr\/)?lib\/modules\/([\w.+-]+)\/(?:.*\/)?([\w.+-]+\.ko(?:\.(?:gz|xz|zst))?|modules\.builtin)$/;

export interface AlpineKernelOptions {
  readonly mirror: AlpineMirror;
  /** `v3.21` */
  readonly branch: string;
  /** SHA-256 of the keys whose signatures count: another's kernel is another kernel. */
  readonly trustedKeys: ReadonlySet<string>;
  /** The keys themselves. */
  readonly keys: () => Promise<KeyRing>;
}

/** Alpine's own kernel from the mirror of its packages, each checked against its key; no tool of the host is needed. */
export function alpineKernel({ mirror, branch, trustedKeys, keys }: AlpineKernelOptions): DistroKernel {
  const recipe = [INIT_SCRIPT, MODULES, ALPINE_KERNEL, BUSYBOX_PACKAGE, branch, [...trustedKeys].sort()];
  const recipeSha256 = createHash('sha256').update(JSON.stringify(recipe)).digest('hex');
  return {
    cached: (context) => cachedKernel(context, 'distro', recipeSha256),
    make: async (context) => makeKernel(context, mirror, await keys(), recipeSha256),
  };
}

async function makeKernel(
  context: WorkContext,
  mirror: AlpineMirror,
  keys: KeyRing,
  recipeSha256: string,
): Promise<Kernel> {
  const offers = await mirror.offered(keys);
  const kernel = newest(offers, ALPINE_KERNEL);
  const busybox = newest(offers, BUSYBOX_PACKAGE);
  await mirror.fetch([kernel, busybox]);
  const detail = `${ALPINE_KERNEL}-${kernel.record.version}`;
  context.report({ what: 'Preparing Alpine’s kernel', fraction: null, detail, remainingMs: null });
  const kernelFile = await mirror.open(kernel.record);
  const scratch = await makeScratch(path.join(context.cacheRoot, 'work'));
  try {
    const release = await layModules(kernelFile, scratch.path);
    const modules = await modulesInOrder(scratch.path, MODULES, context.signal);
    const source = `${detail} ${BUSYBOX_PACKAGE}-${busybox.record.version}`;
    return await storeKernel(context, 'distro', recipeSha256, source, {
      release,
      bzImage: fileOf(kernelFile, BZ_IMAGE),
      initrd: initramfs(fileOf(await mirror.open(busybox.record), ALPINE_BUSYBOX), modules),
    });
  } finally {
    await scratch.remove();
  }
}

function newest(offers: readonly OfferedPackage[], name: string): OfferedPackage {
  const [first, ...others] = offers.filter(({ record }) => record.name === name);
  if (first === undefined)
    throw new FailureError(
      'not-found',
      `The mirror has no package “${name}”, which Alpine’s own kernel is made of. Build with the tuned kernel instead.`,
    );
  const isNewer = (one: OfferedPackage, other: OfferedPackage): boolean =>
    compareVersions(one.record.version, other.record.version) > 0;
  return others.reduce((best, offer) => (isNewer(offer, best) ? offer : best), first);
}

/** Puts the modules and the list of what is built in into one folder. @returns what `uname -r` will say */
async function layModules(kernel: ApkPackage, folder: string): Promise<string> {
  const releases = new Set<string>();
  for (const entry of kernel.entries) {
    const [, release, fileName] = entry.kind === 'file' ? (MODULE.exec(entry.path) ?? []) : [];
    if (entry.kind !== 'file' || release === undefined || fileName === undefined) continue;
    releases.add(release);
    await writeFile(path.join(folder, fileName), entry.content);
  }
  const [release] = releases;
  if (release === undefined || releases.size > 1) throw unexpected(kernel);
  return release;
}

function fileOf(file: ApkPackage, place: RegExp): Uint8Array {
  for (const entry of file.entries) if (entry.kind === 'file' && place.test(entry.path)) return entry.content;
  throw unexpected(file);
}

function unexpected({ record }: ApkPackage): FailureError {
  return new FailureError(
    'unsupported',
    `The package “${record.name}-${record.version}” does not hold its files where they are expected. Build with the tuned kernel instead.`,
  );
}
