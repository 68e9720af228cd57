import { writeCpio, type CpioEntry } from './cpio.ts';
import type { KernelModule } from './modules.ts';

/** What it takes to mount the root from v86 and to drive its consoles and network. */
export const MODULES = [
  'virtio_pci',
  'virtio_console',
  '9pnet_virtio',
  '9p',
  'virtio_net',
  'virtio_balloon',
  'virtio_rng',
];

/**
 * The first process of the initramfs: loads the modules, mounts the root the way the kernel's own `rootfstype=9p`
 * would, and hands over to the program named by `init=`. The devices come with it, as CONFIG_DEVTMPFS_MOUNT
 * would have it.
 */
export const INIT_SCRIPT = `#!/bin/busybox sh
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
