import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { BlobRef } from '../../../shared/model/image.ts';
import { FsTree, type FileMeta } from '../../fs-tree.ts';
import { makePackage, type FixturePackage } from './apk-repository.fixture.ts';
import { FIRST_BOOT_PROGRAM } from './first-boot.ts';
import { ApkInstaller, type Blobs } from './install.ts';
import { readPackageFile } from './package-file.ts';
import { parseRecord } from './record.ts';
import { tarEntries } from './tar-entries.ts';

const META: FileMeta = { mode: 0o644, uid: 0, gid: 0, mtimeS: 0 };
const sha1 = (text: string): string => `Q1${createHash('sha1').update(text).digest('base64')}`;

const INSTALLED = `C:${sha1('base')}
P:base
V:1.0-r0
A:x86
o:base
F:etc
R:base.conf
Z:${sha1('as packaged\n')}
F:usr/bin
R:old
a:0:0:755
Z:${sha1('old\n')}

`;

describe('ApkInstaller', () => {
  let tree: FsTree;
  let stored: Map<string, Uint8Array>;
  let blobs: Blobs;
  let installer: ApkInstaller;

  beforeEach(async () => {
    stored = new Map();
    blobs = {
      keep: (bytes) => {
        const sha256 = createHash('sha256').update(bytes).digest('hex');
        stored.set(sha256, bytes);
        return Promise.resolve({ sha256, sizeBytes: bytes.byteLength });
      },
      read: ({ sha256 }: BlobRef) => Promise.resolve(stored.get(sha256) ?? new Uint8Array()),
    };
    tree = new FsTree();
    await put('lib/apk/db/installed', INSTALLED);
    await put('etc/base.conf', 'as packaged\n');
    await put('usr/bin/old', 'old\n');
    installer = await ApkInstaller.open(tree, blobs);
  });

  async function put(path: string, text: string): Promise<void> {
    tree.addFile(path, META, await blobs.keep(Buffer.from(text)));
  }

  async function textAt(path: string): Promise<string | null> {
    const blob = tree.blobAt(path);
    return blob === null ? null : Buffer.from(await blobs.read(blob)).toString();
  }

  async function add(fixture: FixturePackage): Promise<string> {
    const { bytes, stanza } = await makePackage(fixture);
    const record = parseRecord(stanza);
    if (record === null) throw new Error('no record');
    await installer.add(await readPackageFile(bytes, record));
    return record.checksum;
  }

  it('writes files and what apk knows of them, in apk’s form', async () => {
    const checksum = await add({
      name: 'tool',
      version: '2.0-r1',
      fields: { D: 'base', p: 'cmd:tool=2.0-r1' },
      info: ['replaces = nothing other>1'],
      files: [
        { path: 'usr/' },
        { path: 'usr/bin/' },
        { path: 'usr/bin/tool', content: 'a tool\n', mode: 0o755 },
        { path: 'usr/bin/t', target: 'tool' },
        { path: 'var/lib/tool/', mode: 0o700 },
        { path: 'usr/share/tool/readme', content: 'read\n' },
      ],
    });
    await installer.finish(['tool', 'base', 'tool']);
    expect(await textAt('usr/bin/t')).toBe('a tool\n');
    expect(await textAt('etc/apk/world')).toBe('base\ntool\n');
    const db = await textAt('lib/apk/db/installed');
    expect(db?.startsWith(INSTALLED)).toBe(true);
    expect(db?.slice(INSTALLED.length)).toBe(`C:${checksum}
P:tool
V:2.0-r1
A:x86
S:${/S:(\d+)/.exec(db?.slice(INSTALLED.length) ?? '')?.[1]}
I:4096
T:Of a test
U:https://example.org/
L:MIT
t:1735689600
D:base
p:cmd:tool=2.0-r1
r:nothing other>1
F:usr
F:usr/bin
R:tool
a:0:0:755
Z:${sha1('a tool\n')}
R:t
a:0:0:777
Z:${sha1('tool')}
F:var/lib/tool
M:0:0:700
F:usr/share/tool
R:readme
Z:${sha1('read\n')}

`);
    expect(tree.has(FIRST_BOOT_PROGRAM)).toBe(false);
  });

  it('puts a newer version in place of the older one, and keeps settings that were changed', async () => {
    await put('etc/base.conf', 'changed\n');
    await add({
      name: 'base',
      version: '1.1-r0',
      scripts: { 'post-install': '#!/bin/sh\n', 'post-upgrade': '#!/bin/sh\necho up\n' },
      files: [
        { path: 'etc/base.conf', content: 'newly packaged\n' },
        { path: 'usr/bin/new', content: 'new\n' },
      ],
    });
    await installer.finish(['base']);
    expect(tree.has('usr/bin/old')).toBe(false);
    expect(await textAt('usr/bin/new')).toBe('new\n');
    expect(await textAt('etc/base.conf')).toBe('changed\n');
    expect(await textAt('etc/base.conf.apk-new')).toBe('newly packaged\n');
    expect((await textAt('lib/apk/db/installed'))?.match(/^P:/gm)).toHaveLength(1);
    const program = await textAt(FIRST_BOOT_PROGRAM);
    expect(program).toContain("run '0000-base-1.1-r0.post-upgrade' 'base-1.1-r0.post-upgrade' '1.1-r0' '1.0-r0'");
    expect(program).not.toContain('post-install');
  });

  it('replaces an unchanged setting', async () => {
    await add({ name: 'base', version: '1.1', files: [{ path: 'etc/base.conf', content: 'new\n' }] });
    expect(await textAt('etc/base.conf')).toBe('new\n');
  });

  it('refuses a file that another package has, unless it may replace it', async () => {
    const file = { path: 'usr/bin/old', content: 'mine\n' };
    await expect(add({ name: 'thief', version: '1', files: [file] })).rejects.toThrow(
      /“thief” and “base” both have the file “\/usr\/bin\/old”/,
    );
    await add({ name: 'heir', version: '1', info: ['replaces = base'], files: [file] });
    await installer.finish([]);
    expect(await textAt('usr/bin/old')).toBe('mine\n');
    expect((await textAt('lib/apk/db/installed'))?.match(/^R:old$/gm)).toHaveLength(1);
  });

  it('keeps scripts for apk, and runs them and triggers at the first boot', async () => {
    const trigger = await add({
      name: 'icons',
      version: '1-r0',
      info: ['triggers = /usr/share/icons/* /usr/bin'],
      scripts: { 'post-install': '#!/bin/sh\necho hi\n', trigger: '#!/bin/sh\necho "$@"\n' },
    });
    await add({ name: 'theme', version: '1', files: [{ path: 'usr/share/icons/blue/a.png', content: 'x' }] });
    await installer.finish([]);
    expect(await textAt('lib/apk/db/triggers')).toBe(`${trigger} /usr/share/icons/* /usr/bin\n`);
    const names: string[] = [];
    const tarball = tree.blobAt('lib/apk/db/scripts.tar');
    if (tarball) for await (const { header } of tarEntries(await blobs.read(tarball), 'it')) names.push(header.name);
    expect(names).toEqual([`icons-1-r0.${trigger}.post-install`, `icons-1-r0.${trigger}.trigger`]);
    const program = (await textAt(FIRST_BOOT_PROGRAM)) ?? '';
    expect(program).toContain("run '0000-icons-1-r0.post-install' 'icons-1-r0.post-install' '1-r0'\n");
    expect(program).toContain("'icons-1-r0.trigger' '/usr/bin' '/usr/share/icons/blue'\n");
    expect(await textAt('usr/lib/terrarium/first-boot.d/0000-icons-1-r0.post-install')).toBe('#!/bin/sh\necho hi\n');
  });
});
