import { createReadStream, createWriteStream } from 'node:fs';
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { copyHome, joinHome } from '../../scripts/test-home.ts';
import { TestMachine } from '../../scripts/test-machine.ts';
import type { Library } from '../library/library.ts';
import { buildImage } from './build.ts';
import { dockerSave } from './layers/image.fixture.ts';
import { cacheRoot } from './packages/cache.ts';
import { RootfsWriter } from './rootfs-tar.ts';
import { tarOf } from './tar/tar.fixture.ts';

/* Root file systems that know nothing of Terrarium: our init, console and agent work in them all the same. */

const PROJECT = path.resolve(import.meta.dirname, '..', '..');
/** Alpine's own minimal root file system, where somebody put it beside the checkout. */
const ALPINE = path.resolve(PROJECT, '..', 'shared', 'data', 'alpine-minirootfs-3.20.3-x86.tar.gz');
const hasAlpine = await access(ALPINE).then(
  () => true,
  () => false,
);
if (!hasAlpine) console.warn('no Alpine root file system beside the checkout: its test is skipped');

describe('an image of a tarball', () => {
  let home: string;
  let folder: string;
  let library: Library;
  let busybox: Promise<Uint8Array> | null = null;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'terrarium-tarball-'));
    home = await copyHome(inject('tinyHome'));
    library = await joinHome(home);
  });
  afterAll(async () => {
    await library.close();
    await rm(home, { recursive: true, force: true });
    await rm(folder, { recursive: true, force: true });
  });

  async function launch(name: string, tarball: string): Promise<TestMachine> {
    const image = await buildImage(
      { recipe: 'tarball', tarball, name, kernel: 'auto', memoryMib: 128, extraPackages: [] },
      {
        library,
        cacheRoot: cacheRoot(),
        resourcesFolder: path.join(PROJECT, 'resources'),
        parts: inject('machineParts'),
        signal: new AbortController().signal,
        onProgress: () => undefined,
        warn: () => undefined,
      },
    );
    const vm = await library.createVm({ name, imageId: image.id, memoryMib: image.memoryMib });
    return TestMachine.start({ library, parts: inject('machineParts'), vm, image, from: 'base' });
  }

  async function output(machine: TestMachine, argv: readonly string[]): Promise<string> {
    const command = await machine.client.exec({ argv });
    const text = await new Response(command.stdout).text();
    expect(await command.result).toEqual({ kind: 'exited', code: 0 });
    return text;
  }

  it('runs commands with nothing but a shell in it, no /etc and no user', async () => {
    const shell = await busyboxOfTiny();
    const bare = path.join(folder, 'bare.tar');
    const rootfs = new RootfsWriter();
    rootfs.directory('bin');
    rootfs.file('bin/sh', shell, 0o755);
    await rootfs.finish(createWriteStream(bare));
    const machine = await launch('bare', bare);
    try {
      expect(await output(machine, ['sh', '-c', 'echo "$USER $HOME $0"'])).toBe('root /root sh\n');
      await machine.client.request('writeFile', { guestPath: '/new/file', bytes: Buffer.from('in\n'), mode: 0o644 });
      expect(await output(machine, ['/bin/sh', '-c', 'read -r line </new/file; echo "$line"'])).toBe('in\n');
    } finally {
      machine.dispose();
    }
  });

  it('is what the layers of a container image are together', async () => {
    const shell = Buffer.from(await busyboxOfTiny());
    const script = '#!/bin/sh\necho lower\n';
    const layers = [
      tarOf(
        { name: 'bin/sh', mode: 0o755, content: shell },
        { name: 'usr/bin/hello', mode: 0o755, content: script },
        { name: 'opt/old', content: 'old' },
        { name: 'dev/console', type: '3' },
      ),
      tarOf(
        { name: 'bin/cat', type: '1', link: 'bin/sh' },
        { name: 'usr/bin/hello', mode: 0o755, content: script.replace('lower', 'upper') },
        { name: 'opt/.wh.old' },
        { name: 'opt/new', content: 'new' },
      ),
    ];
    const saved = path.join(folder, 'saved.tar');
    await writeFile(saved, dockerSave({ layers, stored: layers.map((layer) => gzipSync(layer)) }));
    const machine = await launch('layered', saved);
    try {
      expect(await output(machine, ['hello'])).toBe('upper\n');
      expect(await output(machine, ['cat', '/opt/new'])).toBe('new');
      expect(await output(machine, ['sh', '-c', 'for name in /opt/*; do echo "$name"; done'])).toBe('/opt/new\n');
    } finally {
      machine.dispose();
    }
  });

  it.skipIf(!hasAlpine)('is Alpine, with its own programs and users', async () => {
    const plain = path.join(folder, 'alpine.tar');
    await pipeline(createReadStream(ALPINE), createGunzip(), createWriteStream(plain));
    const machine = await launch('alpine', plain);
    try {
      expect(await output(machine, ['cat', '/etc/alpine-release'])).toBe('3.20.3\n');
      expect(await output(machine, ['apk', 'info', '-e', 'musl'])).toBe('musl\n');
      const id = await machine.client.exec({ argv: ['id', '-un'], user: 'guest' });
      expect(await new Response(id.stdout).text()).toBe('guest\n');
    } finally {
      machine.dispose();
    }
  });

  it('is refused without a shell', async () => {
    const empty = path.join(folder, 'empty.tar');
    const rootfs = new RootfsWriter();
    rootfs.directory('etc');
    await rootfs.finish(createWriteStream(empty));
    await expect(launch('empty', empty)).rejects.toThrow(/no \/bin\/sh/);
  });

  function busyboxOfTiny(): Promise<Uint8Array> {
    busybox ??= readBusybox();
    return busybox;
  }

  async function readBusybox(): Promise<Uint8Array> {
    const image = await library.images.find('tiny');
    const vm = await library.createVm({ name: 'tiny', imageId: image.id, memoryMib: image.memoryMib });
    const machine = await TestMachine.start({ library, parts: inject('machineParts'), vm, image, from: 'base' });
    try {
      return await machine.client.request('readFile', { guestPath: '/bin/busybox', maxBytes: 8_000_000 });
    } finally {
      machine.dispose();
    }
  }
});
