import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';
import { debFile, type CompleteSystem } from './debian-packages.ts';

/** Packages of the cache as a repository of this computer's own, for as long as a root file system is made of them. */
export interface PackageServer {
  /** The line of apt's sources for it. Its packages were checked against Debian's keys when they were fetched. */
  readonly source: string;
  close(): Promise<void>;
}

/**
 * Offers just these packages to apt, on the loopback interface and under a name that cannot be guessed. So what is
 * installed is what was resolved, whatever becomes of the mirror meanwhile, and nothing is fetched twice.
 */
export async function servePackages({ index, packages }: CompleteSystem): Promise<PackageServer> {
  const folder = `/${randomBytes(16).toString('hex')}/`;
  const paths = new Map(packages.map((entry) => [debFile(entry), entry.path]));
  const server = createServer((request, response) => {
    const { url = '' } = request;
    // Only who was told the folder gets as far as a name.
    const name = url.startsWith(folder) ? decodeURIComponent(url.slice(folder.length)) : null;
    const path = paths.get(name?.replace(/^\.\//, '') ?? '');
    if (path !== undefined) sendFile(path, response);
    else if (name === 'Packages' || name === './Packages') response.end(index);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    source: `deb [trusted=yes] http://127.0.0.1:${port}${folder} ./`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function sendFile(path: string, response: ServerResponse): void {
  const file = createReadStream(path);
  // apt sees a short answer, and says which package it was of.
  pipeline(file, response, () => response.destroy());
}
