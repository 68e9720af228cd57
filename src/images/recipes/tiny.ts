import { createWriteStream } from 'node:fs';
import { busyboxApplets } from '../busybox.ts';
import { RootfsWriter } from '../rootfs-tar.ts';

/**
 * The `tiny` recipe: busybox is the whole user land.
 * @param busybox Debian's busybox-static for i386
 */
export async function writeTinyRootfs(busybox: Uint8Array, tarPath: string): Promise<void> {
  const rootfs = new RootfsWriter();
  for (const folder of [
    'bin',
    'sbin',
    'etc',
    'usr',
    'usr/bin',
    'usr/sbin',
    'var',
    'var/log',
    'home',
    'mnt',
    'opt',
    'srv',
  ]) {
    rootfs.directory(folder);
  }
  rootfs.directory('root', 0o700);
  rootfs.directory('tmp', 0o1777);
  rootfs.file('bin/busybox', busybox, 0o755);
  for (const applet of busyboxApplets(busybox)) {
    if (applet !== 'busybox') rootfs.symlink(`bin/${applet}`, '/bin/busybox');
  }
  rootfs.file('etc/passwd', 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n');
  rootfs.file('etc/group', 'root:x:0:\ntty:x:5:\nnogroup:x:65534:\n');
  rootfs.file('etc/shells', '/bin/sh\n');
  rootfs.file('etc/profile', PROFILE);
  rootfs.file('etc/motd', MOTD);
  rootfs.file('etc/os-release', 'NAME="Terrarium tiny"\nID=terrarium-tiny\nPRETTY_NAME="Terrarium tiny (busybox)"\n');
  await rootfs.finish(createWriteStream(tarPath));
}

/** The prompt has marks before it that are not seen (resources/guest/login says what for). */
const PROFILE = `export PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PS1='\\[\\e]133;D;$?\\a\\e]133;A\\a\\]\\w \\$ '
export HISTFILE=/root/.ash_history
alias ll='ls -l'
`;

const MOTD = `A tiny Linux: the kernel and busybox. Type “busybox” for what it can do.
`;
