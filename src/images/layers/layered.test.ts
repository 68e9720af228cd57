import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BlobRef } from '../../shared/model/image.ts';
import { importRootfs } from '../rootfs-tar.ts';
import { END, entry, tarOf, type Raw } from '../tar/tar.fixture.ts';
import { dockerSave, hex, ociLayout, sha256, type ImageParts } from './image.fixture.ts';
import { parseLayerEntry } from './whiteout.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'terrarium-layers-'));
});
afterAll(() => rm(folder, { recursive: true }));

const kept = new Map<string, string>();
const put = (bytes: Uint8Array): Promise<BlobRef> => {
  const sha = createHash('sha256').update(bytes).digest('hex');
  kept.set(sha, Buffer.from(bytes).toString());
  return Promise.resolve({ sha256: sha, sizeBytes: bytes.byteLength });
};
const keeper = {
  put,
  putPieces: async (pieces: AsyncIterable<Uint8Array>): Promise<BlobRef> => {
    const all: Uint8Array[] = [];
    for await (const piece of pieces) all.push(Uint8Array.from(piece));
    return put(Buffer.concat(all));
  },
};

async function read(bytes: Buffer) {
  const tar = path.join(folder, 'image.tar');
  await writeFile(tar, bytes);
  return importRootfs(tar, keeper, () => undefined, new AbortController().signal);
}

/** Every path of what the layers give, with contents; folders end in a slash. */
async function laid(bytes: Buffer): Promise<Record<string, string>> {
  type Listed = [string, number, number, number, number, number, string | Listed[]];
  const { tree } = await read(bytes);
  const found: Record<string, string> = {};
  const walk = (entries: Listed[], above: string): void => {
    for (const [name, , , , , , content] of entries) {
      if (Array.isArray(content)) {
        found[`${above}${name}/`] = '';
        walk(content, `${above}${name}/`);
      } else found[above + name] = kept.get(content) ?? `-> ${content}`;
    }
  };
  walk((JSON.parse(tree.toFsJson().text) as { fsroot: Listed[] }).fsroot, '');
  return found;
}

const file = (name: string, content = name): Raw => ({ name, content });
const folderOf = (name: string): Raw => ({ name, type: '5', mode: 0o755 });
const LOWER = tarOf(folderOf('a/'), file('a/1'), file('a/2'), folderOf('a/deep/'), file('a/deep/x'), file('b'));

/** Both ways in which programs write container images. */
const WAYS: readonly (readonly [string, (parts: ImageParts) => Buffer])[] = [
  ['docker save', (parts) => dockerSave(parts)],
  ['docker save before version 25', (parts) => dockerSave({ ...parts, isOld: true })],
  ['an OCI layout', (parts) => ociLayout(parts)],
  ['an OCI layout with an index of platforms', (parts) => ociLayout({ ...parts, isNested: true })],
];

describe.each(WAYS)('layers, from %s,', (_way, image) => {
  const layers = (...tars: readonly Buffer[]): Buffer => image({ layers: tars });

  it('are laid over each other in order', async () => {
    expect(await laid(layers(LOWER, tarOf(file('b', 'new'), file('c'))))).toEqual({
      'a/': '',
      'a/1': 'a/1',
      'a/2': 'a/2',
      'a/deep/': '',
      'a/deep/x': 'a/deep/x',
      b: 'new',
      c: 'c',
    });
  });

  it('take away what they say, of the layers below only', async () => {
    const upper = tarOf(file('a/.wh.1'), file('a/1', 'mine'), file('.wh.b'), file('.wh.gone'), file('a/.wh.deep'));
    expect(await laid(layers(LOWER, upper))).toEqual({ 'a/': '', 'a/1': 'mine', 'a/2': 'a/2' });
  });

  it.each([
    ['first', [file('a/.wh..wh..opq'), file('a/3'), file('a/deep/y')]],
    ['last', [file('a/3'), file('a/deep/y'), file('a/.wh..wh..opq')]],
  ])('empty a folder, whether that stands %s or not', async (_where, entries) => {
    expect(await laid(layers(LOWER, tarOf(...entries)))).toEqual({
      'a/': '',
      'a/3': 'a/3',
      'a/deep/': '',
      'a/deep/y': 'a/deep/y',
      b: 'b',
    });
  });

  it('replace folders by files and links by folders', async () => {
    const lower = tarOf(folderOf('d/'), file('d/x'), { name: 'l', type: '2', link: 'd' });
    const upper = tarOf(file('d', 'file'), folderOf('l/'), file('l/y'));
    expect(await laid(layers(lower, upper))).toEqual({ d: 'file', 'l/': '', 'l/y': 'l/y' });
  });

  it('leave out what AUFS kept for itself, and may be empty', async () => {
    const aufs = tarOf(folderOf('.wh..wh.plnk/'), file('.wh..wh.plnk/1.2'), file('.wh..wh.aufs'));
    expect(await laid(layers(tarOf(file('bin/sh')), aufs, END))).toEqual({ 'bin/': '', 'bin/sh': 'bin/sh' });
  });

  it('may be compressed, each in its own way', async () => {
    const zstd = spawnSync('zstd', ['-c'], { input: tarOf(file('z')) }).stdout;
    const packed = image({
      layers: [LOWER, tarOf(file('g')), tarOf(file('z'))],
      stored: [LOWER, gzipSync(tarOf(file('g'))), zstd],
    });
    expect(await laid(packed)).toMatchObject({ b: 'b', g: 'g', z: 'z' });
  });

  it('are refused when a whiteout would take away more than a file', async () => {
    for (const name of ['.wh...', '.wh.', 'a/.wh..', 'a/.wh...'])
      await expect(read(layers(LOWER, tarOf(file(name))))).rejects.toThrow('it takes away what is no file’s name');
    await expect(read(layers(LOWER, tarOf(file('../.wh.etc'))))).rejects.toThrow('it points outside');
  });

  it('are refused when one is not what its digest says', async () => {
    const other = tarOf(file('b', 'evil'));
    const wrong = image({ layers: [LOWER, tarOf(file('b'))], stored: [LOWER, other] });
    await expect(read(wrong)).rejects.toMatchObject({
      code: 'damaged',
      message: expect.stringMatching(/layer 2 of 2, unpacked, is not what its digest says/),
    });
    const blob = image({ layers: [LOWER], stored: [LOWER], claimed: ['0'.repeat(64)] });
    await expect(read(blob)).rejects.toMatchObject({ code: 'damaged', message: expect.stringContaining('digest') });
  });

  it('are refused when they are broken, missing or no tarballs', async () => {
    const gzip = gzipSync(LOWER);
    const cut = gzip.subarray(0, gzip.byteLength - 20);
    await expect(read(image({ layers: [LOWER], stored: [cut] }))).rejects.toMatchObject({ code: 'damaged' });
    await expect(read(image({ layers: [LOWER], stored: [Buffer.from('no tarball')] }))).rejects.toThrow(
      'layer 1 of 1 is neither',
    );
    await expect(read(image({ layers: [LOWER], leavesOut: true }))).rejects.toThrow('is not in it');
    await expect(read(layers(LOWER.subarray(0, 1500)))).rejects.toThrow('cut off');
  });

  it('are refused for another machine, with what to do', async () => {
    await expect(read(image({ layers: [LOWER], architecture: 'amd64' }))).rejects.toThrow(
      /it is for amd64, and machines here are 32-bit x86; fetch it with “docker pull --platform linux\/386”/,
    );
  });

  it('do not unpack without end', async () => {
    const bomb = gzipSync(Buffer.concat([LOWER, Buffer.alloc(300_000_000)]));
    const failing = read(image({ layers: [LOWER], stored: [bomb] }));
    await expect(failing).rejects.toMatchObject({
      code: 'limit',
      message: expect.stringContaining('layer 1 of 1 unpacks'),
    });
  });
});

describe('a container image', () => {
  it('says which it is', async () => {
    const { notes } = await read(dockerSave({ layers: [LOWER] }));
    expect(notes[0]).toBe('“test:latest” is a container image: its one layer was taken.');
  });

  it('has its documents bounded and read strictly', async () => {
    const withManifest = (text: string): Buffer => tarOf(file('manifest.json', text));
    await expect(read(withManifest('{'))).rejects.toThrow('manifest.json is no JSON');
    await expect(read(withManifest('[]'))).rejects.toThrow('manifest.json is not what a container image has there');
    await expect(read(withManifest('[{"Config":"c","Layers":["../x"]}]'))).rejects.toThrow('“c” is not in it');
    await expect(read(withManifest(`"${'x'.repeat(5_000_000)}"`))).rejects.toThrow('is larger than 4 MiB');
  });

  it('that points at its own index is left', async () => {
    // An index of itself cannot be made: it would have to name its own digest. One that is nested deeply can.
    let inner = Buffer.from(JSON.stringify({ manifests: [] }));
    const blobs: Raw[] = [];
    for (let i = 0; i < 5; i += 1) {
      blobs.push({ name: `blobs/sha256/${hex(inner)}`, content: inner });
      inner = Buffer.from(JSON.stringify({ manifests: [{ digest: sha256(inner), size: inner.byteLength }] }));
    }
    const tar = tarOf({ name: 'oci-layout', content: '{}' }, { name: 'index.json', content: inner }, ...blobs);
    await expect(read(tar)).rejects.toThrow('its index points at an index again and again');
  });

  it('is not what a root file system is that has such files', async () => {
    const tar = Buffer.concat([entry(file('manifest.json', '[]')), tarOf(file('bin/sh'))]);
    expect(await laid(tar)).toEqual({ 'bin/': '', 'bin/sh': 'bin/sh', 'manifest.json': '[]' });
  });
});

it('a layer’s entry means what its name says', () => {
  expect(parseLayerEntry('a/b')).toEqual({ kind: 'member' });
  expect(parseLayerEntry('./a/.wh.b')).toEqual({ kind: 'whiteout', path: 'a/b' });
  expect(parseLayerEntry('.wh..wh..opq')).toEqual({ kind: 'opaque', folder: '' });
  expect(parseLayerEntry('a/.wh..wh.plnk/x')).toEqual({ kind: 'ignored' });
});
