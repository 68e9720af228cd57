import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { debianPackages } from '../packages/apt/debian-packages.ts';
import { cacheRoot, sha256File } from '../packages/cache.ts';
import type { WorkContext } from '../packages/context.ts';
import { DEBIAN_RELEASE, makeDebianRootfs } from './debian.ts';

const PATIENCE_MS = 600_000;

/** Not a machine, but as slow: mmdebstrap installs a whole system. */
describe('a Debian with a source of one’s own', { timeout: PATIENCE_MS }, () => {
  let folder = '';
  let shop: Server;
  let source = '';
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'terrarium-debian-'));
    shop = await openShop(folder);
    source = `deb [trusted=yes] http://127.0.0.1:${(shop.address() as AddressInfo).port} ./\n`;
    const etc = path.join(folder, 'etc');
    await mkdir(path.join(etc, 'sources.list.d'), { recursive: true });
    for (const name of ['sources.list', 'sources.list.d'])
      await cp(path.join('/etc/apt', name), path.join(etc, name), { recursive: true, force: true }).catch(() => null);
    await writeFile(path.join(etc, 'sources.list.d', 'shop.list'), source);
    // Lists and results of its own; what was fetched before need not come again.
    await mkdir(path.join(folder, 'cache'));
    await mkdir(path.join(cacheRoot(), 'packages'), { recursive: true });
    await symlink(path.join(cacheRoot(), 'packages'), path.join(folder, 'cache', 'packages'));
  });
  afterAll(async () => {
    shop.close();
    await rm(folder, { recursive: true, force: true });
  });

  function make(): Promise<string> {
    const context: WorkContext = {
      cacheRoot: path.join(folder, 'cache'),
      signal: new AbortController().signal,
      report: () => undefined,
      warn: () => undefined,
    };
    const packages = debianPackages(context, { etc: path.join(folder, 'etc'), further: ['shop'] });
    const choice = { packages: ['shop-tool'], release: DEBIAN_RELEASE, sources: ['shop'] };
    return makeDebianRootfs(context, packages, choice);
  }

  it('has its packages and its sources, and is made again, equal, when nothing can be fetched', async () => {
    const tarball = await make();
    const read = (name: string): string => execFileSync('tar', ['-xOf', tarball, name], { encoding: 'utf8' });
    expect(read('./usr/bin/shop-tool')).toBe('#!/bin/sh\necho bought\n');
    expect(read('./var/lib/dpkg/status')).toMatch(/^Package: shop-tool\nStatus: install ok installed$/m);
    // Where it was really made from is nothing that the machine could ask.
    expect(read('./etc/apt/sources.list').match(/^.*trusted.*\n/gm)).toEqual([source]);

    const hash = await sha256File(tarball);
    await rm(tarball);
    await new Promise((resolve) => shop.close(resolve));
    expect(await make()).toBe(tarball);
    expect(await sha256File(tarball)).toBe(hash);
  });
});

/** A flat repository with one package, as a small shop has one. */
async function openShop(folder: string): Promise<Server> {
  const root = path.join(folder, 'root');
  await mkdir(path.join(root, 'DEBIAN'), { recursive: true });
  await mkdir(path.join(root, 'usr', 'bin'), { recursive: true });
  const control = [
    'Package: shop-tool',
    'Version: 1.2',
    'Architecture: all',
    'Depends: dash',
    'Maintainer: Terrarium’s tests <nobody@example.com>',
    'Description: something from a shop',
    '',
  ].join('\n');
  await writeFile(path.join(root, 'DEBIAN', 'control'), control);
  await writeFile(path.join(root, 'usr', 'bin', 'shop-tool'), '#!/bin/sh\necho bought\n', { mode: 0o755 });
  const file = path.join(folder, 'shop-tool_1.2_all.deb');
  execFileSync('dpkg-deb', ['--build', '--root-owner-group', root, file], { stdio: 'ignore' });
  const deb = await readFile(file);
  const sha256 = createHash('sha256').update(deb).digest('hex');
  const index = `${control}Filename: ./shop-tool_1.2_all.deb\nSize: ${deb.length}\nSHA256: ${sha256}\n`;
  const offered = new Map<string, string | Buffer>([
    ['/./Packages', index],
    ['/Packages', index],
    ['/./shop-tool_1.2_all.deb', deb],
    ['/shop-tool_1.2_all.deb', deb],
  ]);
  const server = createServer((request, response) => {
    const found = offered.get(request.url ?? '');
    response.writeHead(found === undefined ? 404 : 200).end(found);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
