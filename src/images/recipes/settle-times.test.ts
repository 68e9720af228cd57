import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { extract, pack, type Header } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { settleTimes } from './settle-times.ts';

const PACKAGED = new Date('2024-05-06T07:08:09Z');
const BEGAN = Date.parse('2026-01-02T03:04:05.678Z');

describe('settled times', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'terrarium-settle-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** As a build leaves it that began a while before this one's files were made. */
  async function settled(name: string, buildMs: number, day: number): Promise<string> {
    const archive = pack();
    const mtime = new Date(buildMs);
    archive.entry({ name: './etc/', type: 'directory', mode: 0o755, mtime });
    archive.entry({ name: './etc/passwd', mode: 0o644, mtime: PACKAGED, uid: 1, gid: 2 }, 'root:x:0:0\n');
    archive.entry({ name: './etc/shadow', mode: 0o640, mtime }, `root:*:${day}:0:99999:7:::\nbin:!:${day}::::::\n`);
    archive.entry({ name: './etc/machine', type: 'symlink', linkname: 'passwd', mtime });
    archive.entry({ name: './etc/passwd-', type: 'link', linkname: './etc/passwd', mtime: PACKAGED });
    archive.entry({ name: './dev/null', type: 'character-device', devmajor: 1, devminor: 3, mtime });
    const pax = { 'SCHILY.xattr.security.capability': 'some' };
    archive.entry({ name: './bin/ping', mode: 0o755, mtime: new Date(0), pax }, 'a program');
    archive.finalize();
    const from = path.join(folder, `${name}.tar`);
    await pipeline(archive, createWriteStream(from));
    const to = path.join(folder, `${name}-settled.tar`);
    await settleTimes(from, to, buildMs < BEGAN ? buildMs : BEGAN);
    return to;
  }

  async function entries(tarball: string): Promise<(Header & { content: string })[]> {
    const read: (Header & { content: string })[] = [];
    for await (const entry of createReadStream(tarball).pipe(extract())) {
      const chunks: Buffer[] = [];
      for await (const chunk of entry) chunks.push(chunk as Buffer);
      read.push({ ...entry.header, content: Buffer.concat(chunks).toString() });
    }
    return read;
  }

  it('are equal for builds at different times', async () => {
    const first = await settled('first', BEGAN - 322, 20_455);
    const second = await settled('second', BEGAN + 86_400_000, 20_456);
    expect((await readFile(first)).equals(await readFile(second))).toBe(true);
  });

  it('are those of the newest packaged file, and all else stays', async () => {
    const found = await entries(await settled('one', BEGAN + 5000, 20_455));
    const byName = new Map(found.map((entry) => [entry.name, entry]));
    expect(byName.get('./etc/')).toMatchObject({ type: 'directory', mtime: PACKAGED, mode: 0o755 });
    expect(byName.get('./etc/passwd')).toMatchObject({ mtime: PACKAGED, uid: 1, gid: 2, content: 'root:x:0:0\n' });
    const day = Math.floor(PACKAGED.getTime() / 86_400_000);
    expect(byName.get('./etc/shadow')).toMatchObject({
      mode: 0o640,
      content: `root:*:${day}:0:99999:7:::\nbin:!:${day}::::::\n`,
    });
    expect(byName.get('./etc/machine')).toMatchObject({ type: 'symlink', linkname: 'passwd', mtime: PACKAGED });
    expect(byName.get('./etc/passwd-')).toMatchObject({ type: 'link', linkname: './etc/passwd' });
    expect(byName.get('./dev/null')).toMatchObject({ type: 'character-device', devmajor: 1, devminor: 3 });
    expect(byName.get('./bin/ping')).toMatchObject({ mtime: new Date(0), mode: 0o755 });
    expect(byName.get('./bin/ping')?.pax).toMatchObject({ 'SCHILY.xattr.security.capability': 'some' });
  });

  it('end with an error where the tarball is broken', async () => {
    const from = path.join(folder, 'none.tar');
    await expect(settleTimes(from, path.join(folder, 'x.tar'), 0)).rejects.toThrow(/ENOENT/);
  });
});
