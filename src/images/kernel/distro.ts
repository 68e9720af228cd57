import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { FailureError } from '../../shared/result.ts';
import { debianPackages } from '../packages/apt.ts';
import type { WorkContext } from '../packages/context.ts';
import { extractDeb } from '../packages/deb.ts';
import { writeCpio, type CpioEntry } from './cpio.ts';
import { modulesInOrder, type KernelModule } from './modules.ts';
import { cachedKernel, storeKernel, type Kernel } from './store.ts';

/** The package that depends on the newest kernel for plain 32-bit processors. */
const KERNEL_PACKAGE = 'linux-image-686';

/** What it takes to mount the root from v86 and to drive its consoles and network. */
const MODULES = ['virtio_pci', 'virtio_console', '9pnet_virtio', '9p', 'virtio_net', 'virtio_balloon', 'virtio_rng'];

/**
 * The first process of the initramfs: loads the modules, mounts the root the way the kernel's own `rootfstype=9p`
 * would, and hands over to the program named by `init=`. The devices come with it, as CONFIG_DEVTMPFS_MOUNT
 * would have it.
 */
const INIT_SCRIPT = `#!/bin/busybox sh
export PATH=/bin
busybox mount -t proc proc /proc
busybox mount -t devtmpfs dev /dev
for module in $(busybox cat /modules/order); do
  busybox insmod "/modules/$module.ko" || echo "terrarium: $module did not load"
done
init=/sbin/init
tag=host9p
flags=trans=virtio,version=9p2000.L,cache=loose
for word in $(busybox cat /proc/cmdline); do
  case "$word" in
    init=*) init="\${word#init=}" ;;
    root=*) tag="\${word#root=}" ;;
    rootflags=*) flags="\${word#rootflags=}" ;;
  esac
done
if ! busybox mount -t 9p -o "$flags" "$tag" /root; then
  echo "terrarium: the root file system could not be mounted"
  exec busybox sh
fi
busybox mkdir -p /root/dev
busybox mount --move /dev /root/dev
busybox umount /proc
exec busybox switch_root -c /dev/console /root "$init"
echo "terrarium: $init could not be started"
exec busybox sh
`;

/** Changes with whatever of ours goes into the initramfs. */
function recipeSha256(): string {
  return createHash('sha256')
    .update(JSON.stringify([INIT_SCRIPT, MODULES, KERNEL_PACKAGE]))
    .digest('hex');
}

export async function cachedDistroKernel(context: WorkContext): Promise<Kernel | null> {
  return cachedKernel(context, 'distro', recipeSha256());
}

/**
 * The distribution's kernel with the modules it needs in a small initramfs. Slow to boot, but there is nothing to
 * compile. Call it while holding the lock of the kernels.
 */
export async function makeDistroKernel(context: WorkContext): Promise<Kernel> {
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
  await mkdir(path.join(context.cacheRoot, 'work'), { recursive: true });
  const work = await mkdtemp(path.join(context.cacheRoot, 'work', 'distro-'));
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
    await rm(work, { recursive: true, force: true });
  }
}

/** Not compressed: unpacking would cost the guest more than reading the bytes, which are in memory already. */
export function initramfs(busybox: Uint8Array, modules: readonly KernelModule[]): Uint8Array {
  const text = (content: string): Uint8Array => new TextEncoder().encode(content);
  const folders = ['bin', 'dev', 'proc', 'root', 'modules'];
  const entries: CpioEntry[] = [
    ...folders.map((name) => ({ kind: 'folder' as const, path: name, permissions: 0o755 })),
    // The kernel opens it for the first process before anything is mounted.
    { kind: 'device', path: 'dev/console', permissions: 0o600, major: 5, minor: 1 },
    { kind: 'file', path: 'bin/busybox', permissions: 0o755, content: busybox },
    { kind: 'file', path: 'init', permissions: 0o755, content: text(INIT_SCRIPT) },
    {
      kind: 'file',
      path: 'modules/order',
      permissions: 0o644,
      content: text(modules.map(({ name }) => `${name}\n`).join('')),
    },
    ...modules.map(({ name, content }) => ({
      kind: 'file' as const,
      path: `modules/${name}.ko`,
      permissions: 0o644,
      content,
    })),
  ];
  return writeCpio(entries);
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
