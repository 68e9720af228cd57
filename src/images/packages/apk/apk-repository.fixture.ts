import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { checksumOf } from './checksum.ts';
import { fingerprintOf } from './keys.ts';
import type { ScriptKind } from './package-file.ts';

/* Alpine packages, an index and a mirror, made and signed by a test. */

export interface FixturePackage {
  readonly name: string;
  readonly version: string;
  /** Of the index: `D`, `p`, `i`, `k`, `o` and so on. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Further lines of .PKGINFO. */
  readonly info?: readonly string[];
  readonly files?: readonly FixtureFile[];
  readonly scripts?: Readonly<Partial<Record<ScriptKind, string>>>;
}

export interface FixtureFile {
  /** A slash at its end: a folder. */
  readonly path: string;
  readonly content?: string | Uint8Array;
  readonly target?: string;
  readonly mode?: number;
  /** In place of the right one. */
  readonly checksumHex?: string;
}

const TIME = new Date('2025-01-01T00:00:00Z');

/** A key of the test's, and its file as in /etc/apk/keys. */
export class FixtureKey {
  readonly fileName: string;
  readonly file: Uint8Array;
  private readonly privateKey: KeyObject;

  constructor(fileName = 'test-1.rsa.pub') {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    this.fileName = fileName;
    this.privateKey = privateKey;
    this.file = Buffer.from(publicKey.export({ type: 'spki', format: 'pem' }));
  }

  get trusted(): ReadonlySet<string> {
    return new Set([fingerprintOf(this.file)]);
  }

  get files(): ReadonlyMap<string, Uint8Array> {
    return new Map([[this.fileName, this.file]]);
  }

  /** A gzip member with the signature of another. */
  async signatureOf(bytes: Uint8Array, kind: 'RSA' | 'RSA256' = 'RSA256'): Promise<Uint8Array> {
    const signature = sign(kind === 'RSA' ? 'sha1' : 'sha256', bytes, this.privateKey);
    return segment([{ path: `.SIGN.${kind}.${this.fileName}`, content: signature }], false);
  }
}

/** The package's file, and its stanza in the index. */
export async function makePackage(
  { name, version, fields = {}, info = [], files = [], scripts = {} }: FixturePackage,
  key?: FixtureKey,
): Promise<{ readonly bytes: Uint8Array; readonly stanza: string }> {
  const data = await segment(files, true);
  const lines = [
    `pkgname = ${name}`,
    `pkgver = ${version}`,
    'arch = x86',
    ...info,
    `datahash = ${createHash('sha256').update(data).digest('hex')}`,
  ];
  const control = await segment(
    [
      { path: '.PKGINFO', content: `# made by a test\n${lines.join('\n')}\n` },
      ...Object.entries(scripts).map(([kind, content]) => ({ path: `.${kind}`, content, mode: 0o755 })),
    ],
    false,
  );
  const signature = key ? [await key.signatureOf(control)] : [];
  const bytes = Buffer.concat([...signature, control, data]);
  const stanza = Object.entries({
    C: checksumOf(control),
    P: name,
    V: version,
    A: 'x86',
    S: String(bytes.byteLength),
    I: '4096',
    T: 'Of a test',
    U: 'https://example.org/',
    L: 'MIT',
    t: '1735689600',
    ...fields,
  })
    .map(([letter, value]) => `${letter}:${value}\n`)
    .join('');
  return { bytes, stanza };
}

export async function makeIndex(
  stanzas: readonly string[],
  key: FixtureKey,
  kind: 'RSA' | 'RSA256' = 'RSA256',
): Promise<Uint8Array> {
  const index = await segment(
    [
      { path: 'DESCRIPTION', content: 'of a test' },
      { path: 'APKINDEX', content: `${stanzas.join('\n')}\n` },
    ],
    true,
  );
  return Buffer.concat([await key.signatureOf(index, kind), index]);
}

/** What a mirror has: paths to contents. */
export async function makeMirror(
  packages: readonly FixturePackage[],
  {
    key,
    rootfs,
    branch = 'v3.21',
    version = '3.21.0',
  }: { key: FixtureKey; rootfs: Uint8Array; branch?: string; version?: string },
): Promise<Map<string, Uint8Array>> {
  const served = new Map<string, Uint8Array>();
  const stanzas: string[] = [];
  for (const each of packages) {
    const { bytes, stanza } = await makePackage(each, key);
    served.set(`/${branch}/main/x86/${each.name}-${each.version}.apk`, bytes);
    stanzas.push(stanza);
  }
  served.set(`/${branch}/main/x86/APKINDEX.tar.gz`, await makeIndex(stanzas, key));
  served.set(`/${branch}/community/x86/APKINDEX.tar.gz`, await makeIndex([], key));
  const file = `alpine-minirootfs-${version}-x86.tar.gz`;
  const sha512 = createHash('sha512').update(rootfs).digest('hex');
  const list = `---
-
  title: "Mini root filesystem"
  branch: ${branch}
  arch: x86
  version: ${version}
  flavor: alpine-minirootfs
  file: ${file}
  size: ${rootfs.byteLength}
  sha512: ${sha512}
`;
  served.set(`/${branch}/releases/x86/latest-releases.yaml`, Buffer.from(list));
  served.set(`/${branch}/releases/x86/${file}`, rootfs);
  return served;
}

/** Serves them, and remembers what was asked for. */
export function mirrorListener(served: ReadonlyMap<string, Uint8Array>, asked: string[] = []): RequestListener {
  return (request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    const bytes = served.get(path);
    asked.push(path);
    if (bytes === undefined) {
      response.writeHead(404).end();
      return;
    }
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const part = bytes.subarray(start);
    response.writeHead(start > 0 ? 206 : 200, { 'content-length': part.byteLength });
    response.end(part);
  };
}

/** A gzip member with a tarball. @param isWhole with the empty blocks at its end, which only the last one has */
export async function segment(files: readonly FixtureFile[], isWhole: boolean): Promise<Uint8Array> {
  const archive = pack();
  for (const { path, content = '', target, mode, checksumHex } of files) {
    const base = { name: path.replace(/\/$/, ''), mtime: TIME };
    const hashOf = (bytes: Uint8Array | string): string => createHash('sha1').update(bytes).digest('hex');
    const withSum = (bytes: Uint8Array | string): object =>
      path.startsWith('.') ? {} : { pax: { 'APK-TOOLS.checksum.SHA1': checksumHex ?? hashOf(bytes) } };
    if (path.endsWith('/')) archive.entry({ ...base, type: 'directory', mode: mode ?? 0o755 });
    else if (target !== undefined)
      archive.entry({ ...base, type: 'symlink', linkname: target, mode: 0o777, ...withSum(target) });
    else archive.entry({ ...base, mode: mode ?? 0o644, ...withSum(content) }, Buffer.from(content));
  }
  archive.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of archive) chunks.push(chunk as Uint8Array);
  const bytes = Buffer.concat(chunks);
  return gzipSync(isWhole ? bytes : bytes.subarray(0, bytes.byteLength - 1024));
}
