import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { moduleDependencies, modulesInOrder } from './modules.ts';

function module(...dependencies: string[]): Buffer {
  return Buffer.from(`\x7fELF..\0license=GPL\0depends=${dependencies.join(',')}\0retpoline=Y\0`, 'latin1');
}

describe('moduleDependencies', () => {
  it('reads the list, empty or not', () => {
    expect(moduleDependencies(module('virtio', 'virtio-ring'))).toEqual(['virtio', 'virtio_ring']);
    expect(moduleDependencies(module())).toEqual([]);
  });

  it('takes any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(Array.isArray(moduleDependencies(bytes))).toBe(true);
      }),
    );
  });
});

describe('modulesInOrder', () => {
  let folder = '';
  const { signal } = new AbortController();

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'terrarium-modules-'));
    await mkdir(path.join(folder, 'kernel/drivers'), { recursive: true });
    await writeFile(path.join(folder, 'modules.builtin'), 'kernel/net/core/failover.ko\n');
    await writeFile(path.join(folder, 'kernel/drivers/virtio_net.ko'), module('net_failover', 'virtio'));
    await writeFile(path.join(folder, 'kernel/drivers/net_failover.ko'), module('failover'));
    await writeFile(path.join(folder, 'kernel/drivers/virtio.ko'), module());
    await writeFile(path.join(folder, 'kernel/drivers/virtio-rng.ko'), module('virtio'));
  });
  afterEach(async () => rm(folder, { recursive: true }));

  it('puts each module after what it depends on, once', async () => {
    const modules = await modulesInOrder(folder, ['virtio_net', 'virtio_rng', 'failover'], signal);
    expect(modules.map(({ name }) => name)).toEqual(['net_failover', 'virtio', 'virtio_net', 'virtio_rng']);
  });

  it('unpacks those that are packed, and no bomb', async () => {
    const at = (name: string): string => path.join(folder, 'kernel/drivers', name);
    await writeFile(at('9p.ko.gz'), gzipSync(module('virtio')));
    const [, packed] = await modulesInOrder(folder, ['9p'], signal);
    expect(packed).toEqual({ name: '9p', content: module('virtio') });
    await writeFile(at('9p.ko.gz'), gzipSync(Buffer.alloc(65 * 1024 * 1024)));
    await expect(modulesInOrder(folder, ['9p'], signal)).rejects.toMatchObject({ code: 'damaged' });
  });

  it('says which module the kernel lacks', async () => {
    await expect(modulesInOrder(folder, ['9p'], signal)).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('9p') as string,
    });
  });
});
