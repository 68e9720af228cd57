import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { FailureError } from '../../shared/result.ts';
import { debianPackages } from '../packages/apt/debian-packages.ts';
import type { WorkContext } from '../packages/context.ts';
import { extractDeb } from '../packages/apt/deb.ts';
import { makeScratch } from '../scratch.ts';
import { INIT_SCRIPT, initramfs, MODULES } from './initramfs.ts';
import { modulesInOrder } from './modules.ts';
import { cachedKernel, storeKernel, type Kernel } from './store.ts';

/** The package that depends on the newest kernel for plain 32-bit processors. */
const KERNEL_PACKAGE = 'linux-image-686';

/** Changes with whatever of ours goes into the initramfs. */
function recipeSha256(): string {
  return createHash('sha256')
    .update(JSON.stringify([INIT_SCRIPT, MODULES, KERNEL_PACKAGE]))
    .digest('hex');
}

/** A kernel that a distribution has made: slower to boot than ours, but there is nothing to compile. */
export interface DistroKernel {
  /** One that was made before; nothing is asked of the network. */
  readonly cached: (context: WorkContext) => Promise<Kernel | null>;
  /** To be called while holding the lock of the kernels. */
  readonly make: (context: WorkContext) => Promise<Kernel>;
}

/** Debian's, from wherever this computer's apt gets its packages. */
export const DEBIAN_KERNEL: DistroKernel = { cached: cachedDistroKernel, make: makeDistroKernel };

export async function cachedDistroKernel(context: WorkContext): Promise<Kernel | null> {
  return cachedKernel(context, 'distro', recipeSha256());
}

/** With the modules it needs in a small initramfs. */
async function makeDistroKernel(context: WorkContext): Promise<Kernel> {
  const packages = debianPackages(context);
  const [newest] = await packages.show([KERNEL_PACKAGE]);
  const image = newest?.dependencies.find((name) => name.startsWith('linux-image-'));
  if (newest === undefined || image === undefined) {
    throw new FailureError(
      'unsupported',
      `Debian's ${KERNEL_PACKAGE} names no kernel. Build with the tuned kernel instead.`,
    );
  }
  const [kernelDeb, busyboxDeb] = await packages.download([image, 'busybox-static']);
  if (kernelDeb === undefined || busyboxDeb === undefined)
    throw new Error('download() gave fewer packages than asked for');
  context.report({ what: "Preparing the distribution's kernel", fraction: null, detail: image, remainingMs: null });
  const scratch = await makeScratch(path.join(context.cacheRoot, 'work'));
  const work = scratch.path;
  try {
    await extractDeb(kernelDeb.path, path.join(work, 'kernel'), context.signal);
    await extractDeb(busyboxDeb.path, path.join(work, 'busybox'), context.signal);
    const modulesRoot = await firstFolder(work, ['kernel/lib/modules', 'kernel/usr/lib/modules']);
    const [release] = await readdir(modulesRoot);
    if (release === undefined) throw new FailureError('damaged', `The package ${image} holds no modules.`);
    const modules = await modulesInOrder(path.join(modulesRoot, release), MODULES, context.signal);
    const busyboxRoot = await firstFolder(work, ['busybox/bin', 'busybox/usr/bin']);
    const busybox = await readFile(path.join(busyboxRoot, 'busybox'));
    return await storeKernel(context, 'distro', recipeSha256(), `${kernelDeb.version} ${busyboxDeb.version}`, {
      release,
      bzImage: await readFile(path.join(work, 'kernel', 'boot', `vmlinuz-${release}`)),
      initrd: initramfs(busybox, modules),
    });
  } finally {
    await scratch.remove();
  }
}

async function firstFolder(root: string, candidates: readonly string[]): Promise<string> {
  for (const candidate of candidates) {
    const folder = path.join(root, candidate);
    const names = await readdir(folder).catch(() => []);
    if (names.length > 0) return folder;
  }
  throw new FailureError(
    'damaged',
    `A package has none of the folders ${candidates.join(', ')}; Debian changed its layout.`,
  );
}
