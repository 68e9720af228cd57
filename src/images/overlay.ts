import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobRef } from '../shared/model/image.ts';
import { busyboxApplets } from './busybox.ts';
import type { FileMeta, FsTree } from './fs-tree.ts';

const FOLDER: FileMeta = { mode: 0o755, uid: 0, gid: 0, mtimeS: 0 };
const PROGRAM: FileMeta = { mode: 0o755, uid: 0, gid: 0, mtimeS: 0 };
const TEXT: FileMeta = { mode: 0o644, uid: 0, gid: 0, mtimeS: 0 };

/** Programs of resources/guest that every image gets, in /usr/lib/terrarium. */
const PROGRAMS = ['init', 'keep', 'login', 'network', 'dhcp'] as const;
export const GUEST_INIT = '/usr/lib/terrarium/init';

/** Where files pass between host and guest (src/machine/file-exchange.ts); nobody's business in the guest but root's. */
const EXCHANGE_FOLDER: FileMeta = { mode: 0o700, uid: 0, gid: 0, mtimeS: 0 };

/** Mount points and homes that our init needs, whatever the root file system brought. */
const FOLDERS = ['proc', 'sys', 'dev', 'run', 'tmp', 'root', 'usr/lib/terrarium'];

/** For root file systems without an init of their own; they tell process 1, as busybox does. */
const POWER_COMMANDS: Readonly<Record<string, string>> = {
  poweroff: 'USR2',
  halt: 'USR1',
  reboot: 'TERM',
};

/**
 * Lays Terrarium's own files over a root file system, changing nothing else in it.
 * @param programs a static busybox for our scripts, and the agent: so they need nothing of the guest's own
 */
export async function layOverlay(
  tree: FsTree,
  resourcesFolder: string,
  hostname: string,
  { busybox, agent }: { readonly busybox: Uint8Array; readonly agent: Uint8Array },
  keep: (bytes: Uint8Array) => Promise<BlobRef>,
): Promise<void> {
  for (const folder of FOLDERS) if (!tree.has(folder)) tree.addDirectory(folder, FOLDER);
  for (const name of PROGRAMS) {
    const bytes = await readFile(join(resourcesFolder, 'guest', name));
    tree.addFile(`usr/lib/terrarium/${name}`, PROGRAM, await keep(bytes));
  }
  tree.addFile('usr/lib/terrarium/agent', PROGRAM, await keep(agent));
  tree.addDirectory('usr/lib/terrarium/exchange', EXCHANGE_FOLDER);
  const program = await keep(busybox);
  tree.addFile('usr/lib/terrarium/busybox', PROGRAM, program);
  for (const applet of busyboxApplets(busybox)) {
    if (applet !== 'busybox') tree.addSymlink(`usr/lib/terrarium/bin/${applet}`, PROGRAM, '../busybox');
  }
  const text = (content: string): Promise<BlobRef> => keep(new TextEncoder().encode(content));
  tree.addFile('etc/hostname', TEXT, await text(`${hostname}\n`));
  tree.addFile(
    'etc/hosts',
    TEXT,
    await text(`127.0.0.1 localhost ${hostname}\n::1 localhost\n10.0.2.2 host.terrarium\n`),
  );
  // The relay's name server; a build must not carry the builder's own resolver into the image.
  tree.addFile('etc/resolv.conf', TEXT, await text('nameserver 10.0.2.3\n'));
  for (const [command, signal] of Object.entries(POWER_COMMANDS)) {
    if (tree.has(`sbin/${command}`) || tree.has(`usr/sbin/${command}`) || tree.has(`bin/${command}`)) continue;
    tree.addFile(`usr/sbin/${command}`, PROGRAM, await text(`#!/bin/sh\nexec kill -${signal} 1\n`));
  }
}
