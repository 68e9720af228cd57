import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WorkContext } from '../context.ts';
import { FixtureKey, makeMirror } from './apk-repository.fixture.ts';
import { Downloader, inParallel, type Download, type DownloadSurroundings } from './download.ts';
import { KeyRing } from './keys.ts';
import { AlpineMirror, mirrorAddresses } from './mirror.ts';
import { parseReleases } from './release.ts';

type Answer = (url: string, range: string | null) => Response;

let folder: string;
let pauses: number[];
let asked: { url: string; range: string | null }[];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'terrarium-mirror-'));
  pauses = [];
  asked = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function world(answer: Answer): DownloadSurroundings {
  return {
    fetch: (url, { headers, signal }) => {
      signal.throwIfAborted();
      const range = headers['range'] ?? null;
      asked.push({ url, range });
      return Promise.resolve().then(() => answer(url, range));
    },
    lookup: (name) => Promise.resolve(name === 'router.example' ? ['203.0.113.9', '192.168.0.1'] : ['203.0.113.7']),
    sleep: (ms) => {
      pauses.push(ms);
      return Promise.resolve();
    },
  };
}

/** Some bytes, then the connection breaks. */
function broken(text: string, status = 200): Response {
  let isFirst = true;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      if (isFirst) controller.enqueue(new TextEncoder().encode(text));
      else controller.error(new Error('reset by peer'));
      isFirst = false;
    },
  });
  return new Response(body, { status });
}

describe('Downloader', () => {
  const get = (answer: Answer, change: Partial<Download> = {}, signal = new AbortController().signal) =>
    new Downloader(signal, world(answer)).get({
      url: 'http://mirror.example/file',
      target: path.join(folder, 'file'),
      maxBytes: 100,
      sizeBytes: null,
      check: () => undefined,
      ...change,
    });

  it('goes on where the connection broke', async () => {
    const bytes = await get((_, range) => (range === null ? broken('hello ') : new Response('world', { status: 206 })));
    expect(Buffer.from(bytes).toString()).toBe('hello world');
    expect(asked.map(({ range }) => range)).toEqual([null, 'bytes=6-']);
    expect(await readFile(path.join(folder, 'file'), 'utf8')).toBe('hello world');
  });

  it('begins anew where the server does not resume, and where the parts do not fit', async () => {
    await writeFile(path.join(folder, 'file.partial'), 'stale');
    expect(Buffer.from(await get(() => new Response('whole'))).toString()).toBe('whole');
    await writeFile(path.join(folder, 'file.partial'), 'stale');
    const check = (bytes: Uint8Array): void => {
      if (Buffer.from(bytes).toString() !== 'right') throw new Error('wrong');
    };
    const answer: Answer = (_, range) => (range === null ? new Response('right') : new Response('t', { status: 206 }));
    expect(Buffer.from(await get(answer, { check })).toString()).toBe('right');
  });

  it('tries again after passing faults, waiting longer each time, and then says so', async () => {
    await expect(get(() => new Response('', { status: 503 }))).rejects.toMatchObject({
      code: 'io',
      message: expect.stringContaining('the server answered 503') as string,
    });
    expect(pauses).toEqual([500, 1000, 2000, 4000]);
  });

  it('asks others in turn when one cannot be reached, and goes on there', async () => {
    const elsewhere = ['http://b.example/file', 'http://c.example/file'];
    const answers: Record<string, () => Response> = {
      'http://mirror.example/file': () => broken('hello '),
      'http://b.example/file': () => new Response('', { status: 404 }),
      'http://c.example/file': () => new Response('world', { status: 206 }),
    };
    const bytes = await get((url) => answers[url]?.() ?? new Response(''), { elsewhere });
    expect(Buffer.from(bytes).toString()).toBe('hello world');
    expect(asked.map(({ url }) => url)).toEqual(Object.keys(answers));
    // What the first one does not have, the mirror does not have.
    await rm(path.join(folder, 'file'));
    await expect(
      get((url) => new Response('', { status: url.includes('mirror') ? 404 : 200 }), { elsewhere }),
    ).rejects.toMatchObject({ code: 'not-found' });
  });

  it('does not try again what is not there, too large, or wrong', async () => {
    await expect(get(() => new Response('', { status: 404 }))).rejects.toMatchObject({ code: 'not-found' });
    await expect(get(() => new Response('x'.repeat(101)))).rejects.toMatchObject({ code: 'damaged' });
    await expect(get(() => new Response('x'), { check: () => Promise.reject(new Error('wrong')) })).rejects.toThrow(
      'wrong',
    );
    expect(pauses).toEqual([]);
  });

  it('follows redirects, but into no network of this computer’s, and not without end', async () => {
    const to = (location: string) => new Response('', { status: 302, headers: { location } });
    const around = (answers: Record<string, Response>) => get((url) => answers[url] ?? new Response('there'));
    const moved = await around({
      'http://mirror.example/file': to('/here'),
      'http://mirror.example/here': to('//b.example'),
    });
    expect(Buffer.from(moved).toString()).toBe('there');
    expect(asked.map(({ url }) => url)).toEqual([
      'http://mirror.example/file',
      'http://mirror.example/here',
      'http://b.example/',
    ]);
    asked.length = 0;
    for (const [location, message] of [
      ['http://169.254.169.254/latest', /its own network, which was not followed/],
      ['http://router.example/', /its own network, which was not followed/],
      ['file:///etc/passwd', /not of the web/],
      ['http://[', /no address/],
    ] as const)
      await expect(around({ 'http://mirror.example/file': to(location) })).rejects.toThrow(message);
    expect(asked.every(({ url }) => url === 'http://mirror.example/file')).toBe(true);
    await expect(get(() => to('/again'))).rejects.toThrow(/without end/);
    expect(pauses).toEqual([]);
  });

  it('follows them in the world as it is, too', async () => {
    const server = createServer((request, response) => {
      if (request.url === '/file') response.writeHead(307, { location: '/moved' }).end('elsewhere');
      else response.end(`${request.url} ${request.headers.range}`);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const target = path.join(folder, 'file');
      const asking = { url: `http://127.0.0.1:${port}/file`, target, maxBytes: 100, sizeBytes: null };
      const bytes = await new Downloader(new AbortController().signal).get({ ...asking, check: () => undefined });
      expect(Buffer.from(bytes).toString()).toBe('/moved undefined');
    } finally {
      server.close();
    }
  });

  it('stops when asked to', async () => {
    const abort = new AbortController();
    const answer: Answer = () => {
      abort.abort();
      return broken('hel');
    };
    await expect(get(answer, {}, abort.signal)).rejects.toMatchObject({ code: 'cancelled' });
  });
});

it('inParallel keeps its width and ends with the first failure', async () => {
  let running = 0;
  let most = 0;
  const done: number[] = [];
  const work = async (item: number): Promise<void> => {
    running += 1;
    most = Math.max(most, running);
    await Promise.resolve();
    running -= 1;
    if (item === 5) throw new Error('five');
    done.push(item);
  };
  await expect(inParallel([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 3, work)).rejects.toThrow('five');
  expect(most).toBe(3);
  expect(done).not.toContain(10);
});

describe('AlpineMirror', () => {
  const key = new FixtureKey();
  const ring = new KeyRing(key.files, key.trusted);

  it('fetches, checks, and has everything from the cache when the mirror is gone', async () => {
    const tool = { name: 'tool', version: '1-r0', files: [{ path: 'usr/bin/tool', content: 'a tool' }] };
    const served = await makeMirror([tool], { key, rootfs: gzipSync('a root file system') });
    let isUp = true;
    const warnings: string[] = [];
    const context: WorkContext = {
      cacheRoot: folder,
      signal: new AbortController().signal,
      report: () => undefined,
      warn: (sentence) => warnings.push(sentence),
    };
    const surroundings = world((url) => {
      const bytes = served.get(new URL(url).pathname);
      if (!isUp) throw new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') });
      return bytes === undefined ? new Response('', { status: 404 }) : new Response(Buffer.from(bytes));
    });
    const use = async (): Promise<string> => {
      const mirror = new AlpineMirror(['http://mirror.example'], 'v3.21', context, surroundings);
      expect((await mirror.miniRootfs()).release.version).toBe('3.21.0');
      const offers = await mirror.offered(ring);
      await mirror.fetch(offers);
      const [offer] = offers;
      if (!offer) throw new Error('nothing is offered');
      return (await mirror.open(offer.record)).entries.map((entry) => entry.path).join();
    };
    expect(await use()).toBe('usr/bin/tool');
    expect(warnings).toEqual([]);
    isUp = false;
    expect(await use()).toBe('usr/bin/tool');
    expect(warnings[0]).toMatch(/ECONNREFUSED.*The list that was fetched before is used/);
  });

  it('takes no older list of packages than it had, though it is signed', async () => {
    const listOf = async (builtS: number, version: string): Promise<Map<string, Uint8Array>> => {
      const tool = { name: 'tool', version, fields: { t: String(builtS) } };
      return makeMirror([tool], { key, rootfs: Buffer.from('x') });
    };
    const warnings: string[] = [];
    const offered = async (served: ReadonlyMap<string, Uint8Array>): Promise<unknown> => {
      const surroundings = world((url) => new Response(Buffer.from(served.get(new URL(url).pathname) ?? '')));
      const { signal } = new AbortController();
      const warn = (sentence: string): unknown => warnings.push(sentence);
      const context = { cacheRoot: folder, signal, report: () => undefined, warn };
      const mirror = new AlpineMirror(['http://mirror.example'], 'v3.21', context, surroundings);
      return (await mirror.offered(ring)).map(({ record }) => record.version);
    };
    const old = await listOf(1000, '1-r0');
    expect(await offered(old)).toEqual(['1-r0']);
    expect(await offered(await listOf(2000, '2-r0'))).toEqual(['2-r0']);
    expect(warnings).toEqual([]);
    expect(await offered(old)).toEqual(['2-r0']);
    expect(warnings).toEqual([
      'Alpine’s package index “main” is older than the one that was fetched before, which is used.',
    ]);
    expect(await offered(await listOf(3000, '3-r0'))).toEqual(['3-r0']);
  });

  it('refuses a root file system that is not the one the release names', async () => {
    const served = await makeMirror([], { key, rootfs: Buffer.from('0123456789') });
    served.set('/v3.21/releases/x86/alpine-minirootfs-3.21.0-x86.tar.gz', Buffer.from('012345678x'));
    const surroundings = world((url) => new Response(Buffer.from(served.get(new URL(url).pathname) ?? '')));
    const { signal } = new AbortController();
    const context = { cacheRoot: folder, signal, report: () => undefined, warn: () => undefined };
    const mirror = new AlpineMirror(['http://mirror.example'], 'v3.21', context, surroundings);
    await expect(mirror.miniRootfs()).rejects.toThrow(/is not the file that the release names/);
  });
});

describe('parseReleases', () => {
  const entry = (change: Record<string, string> = {}): string =>
    Object.entries({
      title: '"Mini root filesystem"',
      version: '3.21.3',
      flavor: 'alpine-minirootfs',
      file: 'alpine-minirootfs-3.21.3-x86.tar.gz',
      size: '3400000',
      sha512: 'ab'.repeat(64),
      ...change,
    })
      .map(([name, value]) => `  ${name}: ${value}\n`)
      .join('');
  const asked = { branch: 'v3.21', architecture: 'x86' };

  it('finds the minimal root file system among the others', () => {
    const text = `---\n-\n${entry({ flavor: 'alpine-standard' })}-\n${entry()}`;
    expect(parseReleases(text, asked)).toMatchObject({ version: '3.21.3', sizeBytes: 3_400_000 });
  });

  it.each([
    { file: '../../etc/passwd' },
    { version: '3.20.3' },
    { size: '-1' },
    { size: '99999999999' },
    { sha512: 'ab' },
  ])('refuses %j', (change) => {
    expect(() => parseReleases(`-\n${entry(change)}`, asked)).toThrow(/names no minimal root file system/);
  });
});

describe('mirrorAddresses', () => {
  it('is what was chosen, what the environment says, or Alpine’s own', () => {
    const env = { TERRARIUM_ALPINE_MIRROR: 'http://env.example/alpine/' };
    expect(mirrorAddresses('https://a.example/alpine//, http://b.example', env)).toEqual([
      'https://a.example/alpine',
      'http://b.example',
    ]);
    expect(mirrorAddresses(null, env)).toEqual(['http://env.example/alpine']);
    expect(mirrorAddresses(null, {}).every((address) => address.startsWith('https:'))).toBe(true);
  });

  it.each(['ftp://a.example', 'nothing', 'file:///etc', 'http://a b'])('refuses %j', (text) => {
    expect(() => mirrorAddresses(text, {})).toThrow(/is not the address of a mirror/);
  });
});
