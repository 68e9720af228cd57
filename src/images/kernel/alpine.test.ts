import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { access, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  FixtureKey,
  makeMirror,
  mirrorListener,
  type FixtureFile,
  type FixturePackage,
} from '../packages/apk/apk-repository.fixture.ts';
import { KeyRing } from '../packages/apk/keys.ts';
import { AlpineMirror } from '../packages/apk/mirror.ts';
import type { WorkContext } from '../packages/context.ts';
import { alpineKernel } from './alpine.ts';
import type { DistroKernel } from './distro.ts';
import { MODULES } from './initramfs.ts';

const MODULES_AT = 'lib/modules/6.12.9-0-virt/kernel';

/** As linux-virt is laid out, with modules that need nothing. */
function kernelFiles(): FixtureFile[] {
  const module = Buffer.from('\x7fELF..\0depends=\0', 'latin1');
  return [
    { path: 'boot/vmlinuz-virt', content: 'a kernel' },
    { path: 'boot/config-virt', content: 'CONFIG_X=y\n' },
    { path: 'lib/modules/6.12.9-0-virt/modules.builtin', content: 'kernel/fs/9p/9p.ko\n' },
    ...MODULES.filter((name) => name !== '9p').map((name) => ({
      path: `${MODULES_AT}/drivers/${name}.ko.gz`,
      content: gzipSync(module),
    })),
  ];
}

describe('Alpine’s own kernel', () => {
  const key = new FixtureKey();
  const { signal } = new AbortController();
  const asked: string[] = [];
  let cacheRoot = '';
  let server: Server;
  let context: WorkContext;
  beforeEach(async () => {
    cacheRoot = await mkdtemp(path.join(tmpdir(), 'terrarium-kernel-'));
    context = { cacheRoot, signal, report: () => undefined, warn: () => undefined };
    asked.length = 0;
  });
  afterEach(async () => {
    server.close();
    await rm(cacheRoot, { recursive: true, force: true });
  });

  async function kernelOf(packages: readonly FixturePackage[]): Promise<DistroKernel> {
    const served = await makeMirror(packages, { key, rootfs: Buffer.from('x'), branch: 'v3.21' });
    server = createServer(mirrorListener(served, asked));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const mirror = new AlpineMirror([`http://127.0.0.1:${port}`], 'v3.21', context);
    const keys = new KeyRing(key.files, key.trusted);
    return alpineKernel({ mirror, branch: 'v3.21', trustedKeys: key.trusted, keys: () => Promise.resolve(keys) });
  }

  const linux = (files = kernelFiles(), version = '6.12.9-r0'): FixturePackage => ({
    name: 'linux-virt',
    version,
    files,
  });
  const BUSYBOX: FixturePackage = {
    name: 'busybox-static',
    version: '1.37.0-r9',
    files: [{ path: 'bin/busybox.static', content: 'a shell', mode: 0o755 }],
  };

  it('is made of the mirror’s newest packages, and kept', async () => {
    const kernel = await kernelOf([linux([], '6.12.8-r7'), linux(), BUSYBOX]);
    expect(await kernel.cached(context)).toBeNull();
    const made = await kernel.make(context);
    expect(made).toMatchObject({ kind: 'distro', release: '6.12.9-0-virt' });
    expect(await readFile(made.bzImage, 'utf8')).toBe('a kernel');
    const initrd = await readFile(made.initrd ?? '', 'latin1');
    expect(initrd).toContain('a shell');
    expect(initrd).toContain('modules/virtio_net.ko');
    expect(initrd).not.toContain('modules/9p.ko');
    expect(asked.filter((file) => file.endsWith('.apk')).sort()).toEqual([
      '/v3.21/main/x86/busybox-static-1.37.0-r9.apk',
      '/v3.21/main/x86/linux-virt-6.12.9-r0.apk',
    ]);
    server.close();
    expect(await kernel.cached(context)).toEqual(made);
    expect(await readdir(path.join(cacheRoot, 'work'))).toEqual([]);
  });

  it('is another one for other keys', async () => {
    await (await kernelOf([linux(), BUSYBOX])).make(context);
    const other = new FixtureKey();
    const mirror = new AlpineMirror(['http://127.0.0.1:9'], 'v3.21', context);
    const keys = (): Promise<KeyRing> => Promise.resolve(new KeyRing(other.files, other.trusted));
    const kernel = alpineKernel({ mirror, branch: 'v3.21', trustedKeys: other.trusted, keys });
    expect(await kernel.cached(context)).toBeNull();
  });

  it.each([
    ['no kernel at all', [BUSYBOX], { code: 'not-found', message: /no package “linux-virt”/ }],
    ['no shell', [linux()], { code: 'not-found', message: /no package “busybox-static”/ }],
    ['a kernel elsewhere', [linux(kernelFiles().slice(1)), BUSYBOX], { code: 'unsupported' }],
    [
      'modules of two kernels',
      [linux([...kernelFiles(), { path: 'lib/modules/6.13/x.ko', content: 'x' }]), BUSYBOX],
      { code: 'unsupported' },
    ],
  ])(
    'is refused in words: %s',
    async (_what, packages, { code, message = /./ }: { code: string; message?: RegExp }) => {
      const kernel = await kernelOf(packages);
      await expect(kernel.make(context)).rejects.toMatchObject({
        code,
        message: expect.stringMatching(message) as string,
      });
      expect(await kernel.cached(context)).toBeNull();
    },
  );

  it('writes nothing outside its own folder, whatever files are called', async () => {
    const tricks = ['../../../evil.ko', '../evil.ko', 'x/../../../../evil.ko', '..\\evil.ko'];
    const files = tricks.map((name) => ({ path: `${MODULES_AT}/${name}`, content: 'x' }));
    const kernel = await kernelOf([linux([...kernelFiles(), ...files]), BUSYBOX]);
    // Taken or refused, either is well.
    await kernel.make(context).catch(() => undefined);
    for (const folder of [cacheRoot, path.join(cacheRoot, 'work'), path.dirname(cacheRoot)])
      await expect(access(path.join(folder, 'evil.ko'))).rejects.toThrow();
  });
});
