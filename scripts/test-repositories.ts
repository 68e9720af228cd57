import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';

/*
 * Stand-ins for what people fetch software from: a git server, an npm registry, an apt repository. Each is an HTTP
 * listener for TestServers.
 */

const run = promisify(execFile);
const NOBODY = ['-c', 'user.name=Nobody', '-c', 'user.email=nobody@example.org'];

/** Makes a git repository. @returns the hash of its only commit */
export async function makeGitRepository(folder: string, files: ReadonlyMap<string, Uint8Array>): Promise<string> {
  await mkdir(folder, { recursive: true });
  const git = async (...args: string[]): Promise<string> => (await run('git', ['-C', folder, ...args])).stdout.trim();
  await git('init', '--quiet', '--initial-branch=main');
  for (const [name, bytes] of files) await writeFile(path.join(folder, name), bytes);
  await git('add', '--all');
  await git(...NOBODY, 'commit', '--quiet', '--message=First');
  return git('rev-parse', 'HEAD');
}

/** Git's own program for “smart” HTTP, as a web server runs it (RFC 3875), for all repositories below a folder. */
export function gitServer(root: string): RequestListener {
  return (request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const backend = spawn('git', ['http-backend'], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: {
        PATH: process.env['PATH'],
        GIT_PROJECT_ROOT: root,
        GIT_HTTP_EXPORT_ALL: '1',
        GIT_CONFIG_COUNT: '1',
        // The folder may belong to whoever ran the tests before.
        GIT_CONFIG_KEY_0: 'safe.directory',
        GIT_CONFIG_VALUE_0: '*',
        REQUEST_METHOD: request.method,
        PATH_INFO: decodeURIComponent(url.pathname),
        QUERY_STRING: url.search.slice(1),
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
        HTTP_GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
        REMOTE_ADDR: '127.0.0.1',
      },
    });
    // It may end before it has read everything.
    backend.stdin.on('error', () => request.unpipe());
    request.pipe(backend.stdin);
    void answerFromCgi(backend.stdout, response);
  };
}

async function answerFromCgi(output: NodeJS.ReadableStream, response: ServerResponse): Promise<void> {
  let head = Buffer.alloc(0);
  for await (const chunk of output) {
    if (response.headersSent) {
      if (!response.write(chunk)) await once(response, 'drain');
      continue;
    }
    head = Buffer.concat([head, Buffer.from(chunk)]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) continue;
    for (const line of head.subarray(0, end).toString('latin1').split('\r\n')) {
      const [name = '', value = ''] = line.split(/: (.*)/);
      if (name === 'Status') response.statusCode = Number.parseInt(value, 10);
      else response.setHeader(name, value);
    }
    response.flushHeaders();
    response.write(head.subarray(end + 4));
  }
  if (!response.headersSent) response.statusCode = 500;
  response.end();
}

/** A package of an npm registry: its package.json and its other files. */
export interface NpmPackage {
  readonly manifest: { readonly name: string; readonly version: string; readonly [field: string]: unknown };
  readonly files: Readonly<Record<string, string>>;
}

/** A registry with one version of each package. */
export async function npmRegistry(packages: readonly NpmPackage[]): Promise<RequestListener> {
  const tarballs = new Map<string, Buffer>();
  for (const each of packages) tarballs.set(each.manifest.name, await npmTarball(each));
  return (request, response) => {
    const [name = '', isTarball] = decodeURIComponent(request.url ?? '/')
      .slice(1)
      .split('/-/');
    const found = packages.find(({ manifest }) => manifest.name === name);
    const tarball = tarballs.get(name);
    if (!found || !tarball) return notFound(response);
    if (isTarball !== undefined) return void response.end(tarball);
    const { manifest } = found;
    const dist = {
      tarball: `http://${request.headers.host ?? ''}/${name}/-/${name}-${manifest.version}.tgz`,
      integrity: `sha512-${createHash('sha512').update(tarball).digest('base64')}`,
    };
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({
        name,
        'dist-tags': { latest: manifest.version },
        versions: { [manifest.version]: { ...manifest, dist } },
      }),
    );
  };
}

async function npmTarball({ manifest, files }: NpmPackage): Promise<Buffer> {
  const archive = pack();
  archive.entry({ name: 'package/package.json' }, JSON.stringify(manifest));
  for (const [name, text] of Object.entries(files)) archive.entry({ name: `package/${name}` }, text);
  archive.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of archive) chunks.push(chunk as Uint8Array);
  return gzipSync(Buffer.concat(chunks));
}

/** A flat, unsigned apt repository (`deb [trusted=yes] URL ./`) of .deb files. */
export async function aptRepository(debs: readonly string[]): Promise<RequestListener> {
  const files = new Map<string, Buffer>();
  let index = '';
  for (const deb of debs) {
    const bytes = await readFile(deb);
    const name = path.basename(deb);
    const { stdout: fields } = await run('dpkg-deb', ['--field', deb]);
    index += `${fields.trimEnd()}\nFilename: ./${name}\nSize: ${bytes.byteLength}\nSHA256: ${sha256(bytes)}\n\n`;
    files.set(name, bytes);
  }
  const packages = Buffer.from(index);
  const checksum = ` ${sha256(packages)} ${packages.byteLength} Packages\n`;
  files.set('Packages', packages);
  files.set('Release', Buffer.from(`Date: ${new Date().toUTCString()}\nSHA256:\n${checksum}`));
  return (request: IncomingMessage, response: ServerResponse) => {
    const file = files.get(path.posix.basename(decodeURIComponent(request.url ?? '')));
    if (!file) return notFound(response);
    response.setHeader('content-length', file.byteLength);
    response.end(request.method === 'HEAD' ? undefined : file);
  };
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function notFound(response: ServerResponse): void {
  response.statusCode = 404;
  response.end();
}
