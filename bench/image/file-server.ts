import { createReadStream } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';

/** Serves the flat files of a plain machine over HTTP, as whoever puts v86 into a page does. Only this host reaches it. */
export async function serveFiles(folder: string): Promise<{ baseUrl: string; close(): void }> {
  const server = createServer((request, response) => {
    const name = (request.url ?? '').slice(1);
    if (!/^[0-9a-f]{64}$/.test(name)) {
      response.writeHead(404).end();
      return;
    }
    createReadStream(path.join(folder, name))
      .on('error', () => response.writeHead(404).end())
      .pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}/`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
