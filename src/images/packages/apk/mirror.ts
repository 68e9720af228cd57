import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { FailureError } from '../../../shared/result.ts';
import { exists, publishFile } from '../cache.ts';
import { remainingMs, type WorkContext } from '../context.ts';
import { withLock } from '../lock.ts';
import { checksumAsHex } from './checksum.ts';
import { Downloader, inParallel, type Download, type DownloadSurroundings } from './download.ts';
import { INDEX_MAX_BYTES, readIndexFile } from './index-file.ts';
import type { KeyRing } from './keys.ts';
import { readPackageFile, type ApkPackage } from './package-file.ts';
import type { ApkRecord } from './record.ts';
import {
  checkMiniRootfs,
  MINIROOTFS_MAX_BYTES,
  parseReleases,
  RELEASES_MAX_BYTES,
  type MiniRootfs,
} from './release.ts';

const ALPINE_ARCHITECTURE = 'x86';
export const ALPINE_REPOSITORIES = ['main', 'community'] as const;
type Repository = (typeof ALPINE_REPOSITORIES)[number];

/** Alpine's own, the first of which is a network of servers around the world. */
const PUBLIC_MIRRORS = [
  'https://dl-cdn.alpinelinux.org/alpine',
  'https://uk.alpinelinux.org/alpine',
  'https://dl-4.alpinelinux.org/alpine',
];
const MIRRORS_MAX = 8;
const PARALLEL_DOWNLOADS = 4;
const PACKAGE_MAX_BYTES = 512 * 1024 * 1024;

/** A package and the repository that has it. */
export interface OfferedPackage {
  readonly record: ApkRecord;
  readonly repository: Repository;
}

/**
 * Mirrors' addresses, without a slash at their end: others than the first stand in for it.
 * @param chosen what a person chose, several separated by commas; else `TERRARIUM_ALPINE_MIRROR`, else Alpine's own
 * @throws FailureError `bad-input` for what is no web address
 */
export function mirrorAddresses(
  chosen: string | null,
  env: NodeJS.ProcessEnv = process.env,
): readonly [string, ...string[]] {
  const text = chosen ?? env['TERRARIUM_ALPINE_MIRROR'] ?? '';
  const asked = text.split(',').flatMap((part) => (part.trim() === '' ? [] : [mirrorAddress(part.trim())]));
  const [first = '', ...others] = asked.length === 0 ? PUBLIC_MIRRORS : asked.slice(0, MIRRORS_MAX);
  return [first, ...others];
}

function mirrorAddress(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol) || /[\s'"<>]/.test(text) || text.length > 1000) {
    throw new FailureError(
      'bad-input',
      `“${text.slice(0, 200)}” is not the address of a mirror. It begins with https:// or http:// and ends where the folder of the release (v3.21) lies.`,
    );
  }
  return text.replace(/\/+$/, '');
}

/** One release on one mirror, and on others that stand in for it, with the cache before it. */
export class AlpineMirror {
  private readonly address: string;
  private readonly others: readonly string[];
  private readonly branch: string;
  private readonly context: WorkContext;
  private readonly downloader: Downloader;

  /** @param branch `v3.21` */
  constructor(
    [address, ...others]: readonly [string, ...string[]],
    branch: string,
    context: WorkContext,
    surroundings?: DownloadSurroundings,
  ) {
    this.address = address;
    this.others = others;
    this.branch = branch;
    this.context = context;
    this.downloader = new Downloader(context.signal, surroundings);
  }

  /** Alpine's minimal root file system as it is on the mirror, checked. */
  async miniRootfs(): Promise<{ readonly release: MiniRootfs; readonly bytes: Uint8Array }> {
    const folder = `${this.address}/${this.branch}/releases/${ALPINE_ARCHITECTURE}`;
    this.report('Asking the mirror for Alpine', null, this.branch);
    return this.locked(async () => {
      const asked = { branch: this.branch, architecture: ALPINE_ARCHITECTURE };
      const list = await this.newest(`${folder}/latest-releases.yaml`, RELEASES_MAX_BYTES, (bytes) => {
        parseReleases(new TextDecoder().decode(bytes), asked);
      });
      const release = parseReleases(new TextDecoder().decode(list), asked);
      const target = this.cached('rootfs', release.file);
      if (await exists(target)) {
        const bytes = await readFile(target);
        if (createHash('sha512').update(bytes).digest('hex') === release.sha512) return { release, bytes };
      }
      const bytes = await this.get({
        url: `${folder}/${release.file}`,
        target,
        maxBytes: MINIROOTFS_MAX_BYTES,
        sizeBytes: release.sizeBytes,
        check: (content) => checkMiniRootfs(content, release),
        onBytes: (received) => this.report('Fetching Alpine', received / release.sizeBytes, release.file),
      });
      return { release, bytes };
    });
  }

  /** What the release's repositories offer, each index checked against its signature. */
  async offered(keys: KeyRing): Promise<OfferedPackage[]> {
    const offers: OfferedPackage[] = [];
    for (const repository of ALPINE_REPOSITORIES) {
      const what = `Alpine’s package index “${repository}”`;
      this.report('Fetching Alpine’s package lists', null, repository);
      const url = `${this.repositoryAddress(repository)}/${ALPINE_ARCHITECTURE}/APKINDEX.tar.gz`;
      const read = (content: Uint8Array): Promise<ApkRecord[]> => readIndexFile(content, keys, what);
      const bytes = await this.locked(() => this.newestIndex(url, what, read));
      for (const record of await read(bytes)) offers.push({ record, repository });
    }
    return offers;
  }

  /** Fetches packages, several at a time, into the cache. */
  async fetch(offers: readonly OfferedPackage[]): Promise<void> {
    const totalBytes = Math.max(
      1,
      offers.reduce((sum, { record }) => sum + record.sizeBytes, 0),
    );
    const began = Date.now();
    const received = new Map<ApkRecord, number>();
    await this.locked(() =>
      inParallel(offers, PARALLEL_DOWNLOADS, async ({ record, repository }) => {
        const name = `${record.name}-${record.version}`;
        if (record.sizeBytes > PACKAGE_MAX_BYTES)
          throw new FailureError('limit', `The package “${name}” is larger than 512 MiB.`);
        const progress = (bytes: number): void => {
          received.set(record, bytes);
          const fraction = [...received.values()].reduce((sum, part) => sum + part, 0) / totalBytes;
          this.report('Fetching Alpine’s packages', fraction, name, remainingMs(Date.now() - began, fraction));
        };
        if (!(await this.isCached(record))) {
          await this.get({
            url: `${this.repositoryAddress(repository)}/${ALPINE_ARCHITECTURE}/${name}.apk`,
            target: this.packageFile(record),
            maxBytes: PACKAGE_MAX_BYTES,
            sizeBytes: record.sizeBytes,
            check: async (bytes) => {
              await readPackageFile(bytes, record);
            },
            onBytes: progress,
          });
        }
        progress(record.sizeBytes);
      }),
    );
  }

  /** A package that was fetched. It is checked again: the cache is only a folder. */
  async open(record: ApkRecord): Promise<ApkPackage> {
    return readPackageFile(await readFile(this.packageFile(record)), record);
  }

  repositoryAddress(repository: Repository): string {
    return `${this.address}/${this.branch}/${repository}`;
  }

  private get(download: Download): Promise<Uint8Array> {
    const place = download.url.slice(this.address.length);
    return this.downloader.get({ ...download, elsewhere: this.others.map((address) => `${address}${place}`) });
  }

  private async isCached(record: ApkRecord): Promise<boolean> {
    const file = this.packageFile(record);
    if (!(await exists(file))) return false;
    return readPackageFile(await readFile(file), record).then(
      () => true,
      () => false,
    );
  }

  /** By its checksum: a package that was built anew under its old version is another one. */
  private packageFile({ name, version, checksum }: ApkRecord): string {
    return this.cached('packages', `${name}-${version}-${checksumAsHex(checksum)}.apk`);
  }

  /**
   * An index, and never an older one than there was: one that is signed stays signed, and would bring back the faults that
   * were mended since. A mirror that others are ahead of is not refused for it.
   */
  private async newestIndex(
    url: string,
    what: string,
    read: (bytes: Uint8Array) => Promise<readonly ApkRecord[]>,
  ): Promise<Uint8Array> {
    const target = this.listFile(url);
    const before = await readFile(target).catch(() => null);
    const bytes = await this.newest(url, INDEX_MAX_BYTES, async (content) => {
      await read(content);
    });
    if (before === null) return bytes;
    const known = await read(before).catch(() => []);
    if (lastBuildS(await read(bytes)) >= lastBuildS(known)) return bytes;
    await publishFile(target, before);
    this.context.warn(`${what} is older than the one that was fetched before, which is used.`);
    return before;
  }

  /** A file that changes with time: the mirror's, or without the network the one of last time. */
  private async newest(
    url: string,
    maxBytes: number,
    check: (bytes: Uint8Array) => void | Promise<void>,
  ): Promise<Uint8Array> {
    const target = this.listFile(url);
    try {
      return await this.get({ url, target, maxBytes, sizeBytes: null, check });
    } catch (caught) {
      const isOutOfReach = caught instanceof FailureError && caught.code === 'io';
      if (!isOutOfReach || !(await exists(target))) throw caught;
      const kept = await readFile(target);
      await check(kept);
      this.context.warn(`${caught.message} The list that was fetched before is used.`);
      return kept;
    }
  }

  private listFile(url: string): string {
    const key = createHash('sha256').update(url).digest('hex').slice(0, 24);
    return this.cached('lists', `${key}-${path.posix.basename(url)}`);
  }

  private cached(...names: string[]): string {
    return path.join(this.context.cacheRoot, 'alpine', ...names);
  }

  /** Two builds at a time would write into the same files. */
  private locked<T>(task: () => Promise<T>): Promise<T> {
    const { signal } = this.context;
    return withLock(this.cached('lock'), { signal }, task);
  }

  private report(what: string, fraction: number | null, detail: string, leftMs: number | null = null): void {
    this.context.report({ what, fraction, detail, remainingMs: leftMs });
  }
}

/** When the last of the packages was built, in seconds: an index itself has no date. */
function lastBuildS(records: readonly ApkRecord[]): number {
  return records.reduce((last, { fields }) => Math.max(last, Number(fields.get('t')) || 0), 0);
}
