import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { FailureError } from '../../../shared/result.ts';
import { aptReason, aptState } from './apt-state.ts';
import { exists, publishFile, sha256File } from '../cache.ts';
import type { WorkContext } from '../context.ts';
import { withLock } from '../lock.ts';
import { isPackageRecord, parseRecords, type DownloadedPackage, type PackageRecord } from './records.ts';
import {
  debianSources,
  formatSources,
  hostRelease,
  namedSources,
  parseListFile,
  readHostSources,
  releaseSources,
  withDebianKeyring,
  type AptSource,
  type HostSource,
} from './sources.ts';
import { throwIfCancelled } from '../tool.ts';

/**
 * Debian's packages for the guest's processor, fetched by the host's own apt-get with state folders of its own
 * under the cache: no root, no foreign architecture in the host's dpkg, no repository address in this code. apt
 * checks every index and package against the signed Release files.
 */
export interface DebianPackages {
  /** Fetches the package indices. A suite whose indices do not verify is left out with a warning. */
  update(): Promise<void>;
  /** The newest known version of each package. Runs {@link update} when there are no indices yet. */
  show(names: readonly string[]): Promise<PackageRecord[]>;
  /**
   * The packages as verified .deb files, in the order asked for, dependencies not included. What is in the cache is
   * used as it is, so nothing is asked of the network when all is there.
   */
  download(names: readonly string[]): Promise<DownloadedPackage[]>;
  /** Like {@link download}, but the newest version, even if an older one is in the cache. */
  downloadNewest(names: readonly string[]): Promise<DownloadedPackage[]>;
  /**
   * What a whole system with these packages is made of: Debian's essential packages, apt, and what those need. Lists that
   * are older than a day are fetched anew; where that fails, there is a warning, and they are used.
   */
  system(names: readonly string[]): Promise<SystemPackages>;
  /**
   * A system with its packages as verified .deb files; only those are fetched that are not in the cache. It may have newer
   * versions than the one given, where the mirror has them no more.
   * @param names as the system was asked for
   */
  downloadSystem(names: readonly string[], system: SystemPackages): Promise<CompleteSystem>;
}

/** The packages that make up a system, in the versions that the lists have now. */
export interface SystemPackages {
  /** What they come from: the suites that verified, and what a person named. */
  readonly sources: readonly AptSource[];
  readonly records: readonly PackageRecord[];
  /** Debian's index of just these, as apt reads one; each lies beside it under {@link debFile}. */
  readonly index: string;
}

export interface CompleteSystem extends SystemPackages {
  readonly packages: readonly DownloadedPackage[];
}

export interface AptOptions {
  readonly architecture?: string;
  /** apt's folder of settings on this computer. */
  readonly etc?: string;
  /** Another release of Debian than this computer's, by its code name. */
  readonly release?: string | null;
  /** Files of apt's settings whose sources count besides Debian's, without their endings. */
  readonly further?: readonly string[];
}

/** Lists are asked for anew after that long, where what is newest matters. */
const LISTS_FRESH_MS = 24 * 60 * 60 * 1000;

/** The name of a package's file. */
export function debFile({ fileName }: Pick<PackageRecord, 'fileName'>): string {
  return path.posix.basename(fileName);
}

/** Packages of a release of Debian and of further sources; those of this computer's own release share its lists. */
export async function packagesOf(
  context: WorkContext,
  release: string,
  further: readonly string[],
): Promise<DebianPackages> {
  const sources = await readHostSources(ETC);
  const codeName = await hostRelease();
  namedSources(sources, further);
  const own = formatSources(debianSources(sources, codeName));
  const isOwn = own !== '' && own === formatSources(releaseSources(sources, codeName, release));
  return debianPackages(context, { release: isOwn ? null : release, further });
}

const ETC = '/etc/apt';

export function debianPackages(context: WorkContext, options: AptOptions = {}): DebianPackages {
  const architecture = options.architecture ?? 'i386';
  const { release = null, further = [] } = options;
  const state = path.join(context.cacheRoot, stateName(architecture, release, further));
  const pool = path.join(context.cacheRoot, 'packages', architecture);
  const apt = aptState(context, state, architecture);
  // Written when an update is complete: the suites that verified.
  const goodSources = path.join(state, 'good.list');
  const locked = <T>(task: () => Promise<T>): Promise<T> =>
    withLock(path.join(state, 'lock'), { signal: context.signal, onWait: reportWait }, task);

  function reportWait(pid: number): void {
    const detail = `process ${pid} is using the package cache`;
    context.report({ what: 'Waiting for another build', fraction: null, detail, remainingMs: null });
  }

  async function prepare(): Promise<void> {
    await apt.prepare();
    await mkdir(pool, { recursive: true });
  }

  async function updateLocked(): Promise<void> {
    await prepare();
    const all = await readHostSources(options.etc ?? ETC);
    const codeName = await hostRelease();
    const debian = await withDebianKeyring(
      release === null ? debianSources(all, codeName) : releaseSources(all, codeName, release),
    );
    const named = namedSources(all, further);
    if (debian.length === 0) throw noDebian();
    context.report({ what: 'Fetching package lists', fraction: 0, detail: '', remainingMs: null });
    let good: readonly AptSource[] = [...debian, ...named];
    const together = await apt.update(good);
    if (together.exitCode !== 0) good = await oneByOne(debian, named);
    await apt.setSources(good);
    const verified = await onlyDebian(good.filter((source) => !named.some((other) => other === source)));
    if (verified.length === 0) {
      if (together.exitCode === 0 && release === null) throw noDebian();
      throw release === null ? noLists(aptReason(together)) : noRelease(release, aptReason(together));
    }
    const usable = [...verified, ...named];
    await apt.setSources(usable);
    await publishFile(goodSources, formatSources(usable));
  }

  /** Which suite it is that cannot be had. What a person named must be there; of Debian's, the others do. */
  async function oneByOne(debian: readonly AptSource[], named: readonly HostSource[]): Promise<AptSource[]> {
    const good: AptSource[] = [];
    for (const source of debian) {
      const outcome = await apt.update([source]);
      if (outcome.exitCode === 0) good.push(source);
      else context.warn(`Debian’s suite ${source.suite} is left out: ${aptReason(outcome)}`);
    }
    for (const source of named) {
      const outcome = await apt.update([source]);
      if (outcome.exitCode !== 0)
        throw new FailureError(
          'io',
          `The packages of “${source.file}” could not be listed: ${aptReason(outcome)} The image was not built; see that “apt-get update” works with it, or leave it out of the recipe.`,
        );
      good.push(source);
    }
    return good;
  }

  /** Origin is part of the signed Release file. */
  async function onlyDebian(sources: readonly AptSource[]): Promise<AptSource[]> {
    const targets = await apt.run('apt-get', [
      'indextargets',
      '--format',
      '$(ORIGIN)|$(REPO_URI)|$(RELEASE)',
      'Created-By: Packages',
    ]);
    const debian = new Set(
      targets.stdout
        .split('\n')
        .filter((line) => line.startsWith('Debian|'))
        .map((line) => line.slice('Debian|'.length)),
    );
    return sources.filter(({ uri, suite }) => debian.has(`${uri.replace(/\/*$/, '/')}|${suite}`));
  }

  async function usableSources(): Promise<AptSource[]> {
    if (!(await exists(goodSources))) await updateLocked();
    return parseListFile(await readFile(goodSources, 'utf8'));
  }

  /** Makes apt answer from the lists there are. @returns of which sources */
  async function answering(): Promise<AptSource[]> {
    const sources = await usableSources();
    await prepare();
    await apt.setSources(sources);
    return sources;
  }

  async function showLocked(names: readonly string[]): Promise<PackageRecord[]> {
    const sources = await answering();
    const shown = await apt.run('apt-cache', ['show', '--no-all-versions', ...names]);
    const records = parseRecords(shown.stdout);
    return names.map((name) => {
      const record = records.find((candidate) => candidate.name === name);
      if (record !== undefined) return record;
      throw new FailureError(
        'not-found',
        `Debian (${suitesOf(sources)}) has no package ${name} for ${architecture}. ` + 'Nothing was changed.',
      );
    });
  }

  /**
   * Fetches what the pool does not hold in that very version.
   * @param again resolves anew, with lists that are others by then
   * @param what is said of those that are fetched
   * @returns what was asked for, or what stood in its place when all of that could be had
   */
  async function complete<T extends { readonly records: readonly PackageRecord[] }>(
    first: T,
    again: () => Promise<T>,
    what: (missing: readonly PackageRecord[]) => string,
  ): Promise<T> {
    let wanted = first;
    let renewed = false;
    const lacking = (): Promise<PackageRecord[]> =>
      filterAsync(wanted.records, async (record) => !(await inPool(record)));
    for (let missing = await lacking(); missing.length > 0; missing = await lacking()) {
      context.report({ what: what(missing), fraction: 0, detail: '', remainingMs: null });
      const versions = missing.map(({ name, version }) => `${name}=${version}`);
      const outcome = await apt.run('apt-get', ['download', '-q', ...versions], what(missing));
      await takeIn(missing);
      if ((await lacking()).length === 0) break;
      // An index older than the pool is cured by a new index; a suite out of step with its index by leaving it out.
      if (renewed) await dropSuite(aptReason(outcome));
      else await updateLocked();
      renewed = true;
      wanted = await again();
    }
    return wanted;
  }

  async function downloadLocked(names: readonly string[]): Promise<DownloadedPackage[]> {
    const show = async (): Promise<{ records: PackageRecord[] }> => ({ records: await showLocked(names) });
    const { records } = await complete(
      await show(),
      show,
      (missing) => `Downloading ${missing.map(({ name }) => name).join(', ')}`,
    );
    const downloaded = records.map(downloadedFrom);
    for (const entry of downloaded) await publishFile(path.join(pool, `${entry.name}.json`), JSON.stringify(entry));
    return downloaded;
  }

  function downloadedFrom(record: PackageRecord): DownloadedPackage {
    return { ...record, path: poolPath(record) };
  }

  function poolPath(record: PackageRecord): string {
    return path.join(pool, debFile(record));
  }

  async function inPool(record: PackageRecord): Promise<boolean> {
    const file = poolPath(record);
    return (await exists(file)) && (await sha256File(file, context.signal)) === record.sha256;
  }

  /** Moves finished downloads into the pool; what is not finished stays for apt to continue. */
  async function takeIn(records: readonly PackageRecord[]): Promise<void> {
    for (const record of records) {
      // apt writes the epoch's colon as %3a.
      const name = `${record.name}_${record.version.replaceAll(':', '%3a')}_${record.architecture}.deb`;
      const file = path.join(apt.downloads, name);
      if (!(await exists(file))) continue;
      if ((await sha256File(file, context.signal)) === record.sha256) await rename(file, poolPath(record));
    }
  }

  async function systemLocked(names: readonly string[]): Promise<SystemPackages> {
    await renewLists();
    const sources = await answering();
    const solved = await apt.run('apt-get', ['install', '--simulate', '-q', '?essential', 'apt', ...names]);
    if (solved.exitCode !== 0) {
      throw new FailureError(
        'not-found',
        `Debian (${suitesOf(sources)}) cannot install these packages together for ${architecture}: ${aptReason(solved)} The image was not built; change the packages, and try again.`,
      );
    }
    const wanted = [...solved.stdout.matchAll(/^Inst (\S+) \((\S+) /gm)].map(
      ([, name, version]) => `${name}=${version}`,
    );
    const shown = await apt.run('apt-cache', ['show', ...wanted]);
    const stanzas = new Map<string, { record: PackageRecord; stanza: string }>();
    for (const stanza of shown.stdout.split(/\n\n+/)) {
      const [record] = parseRecords(stanza);
      const key = `${record?.name}=${record?.version}`;
      // Two sources may have different packages of one version: apt names the one first that it would take.
      if (record !== undefined && !stanzas.has(key)) stanzas.set(key, { record, stanza });
    }
    const found = wanted.flatMap((key) => stanzas.get(key) ?? []);
    if (wanted.length === 0 || found.length !== wanted.length)
      throw new Error(`apt would install ${wanted.length} packages and describes ${found.length}`);
    return {
      sources,
      records: found.map(({ record }) => record),
      index: found.map(({ stanza }) => `${stanza.trim().replace(/^Filename: (?:.*\/)?/m, 'Filename: ')}\n\n`).join(''),
    };
  }

  /** Where there are lists, not being able to renew them is no reason to stop: the computer may be offline. */
  async function renewLists(): Promise<void> {
    const { mtimeMs } = await stat(goodSources).catch(() => ({ mtimeMs: null }));
    if (mtimeMs === null || Date.now() - mtimeMs < LISTS_FRESH_MS) return;
    try {
      await updateLocked();
    } catch (caught) {
      throwIfCancelled(context.signal);
      if (!(caught instanceof FailureError)) throw caught;
      const days = Math.round((Date.now() - mtimeMs) / LISTS_FRESH_MS);
      context.warn(`The package lists are ${days} days old, and could not be renewed: ${caught.message}`);
    }
  }

  async function completeLocked(names: readonly string[], first: SystemPackages): Promise<CompleteSystem> {
    const system = await complete(
      first,
      () => systemLocked(names),
      (missing) => `Downloading ${missing.length} Debian packages`,
    );
    return { ...system, packages: system.records.map(downloadedFrom) };
  }

  async function dropSuite(why: string): Promise<void> {
    const sources = await usableSources();
    const droppable =
      sources.find(({ suite }) => suite.includes('security')) ?? sources.find(({ suite }) => suite.includes('-'));
    // Half a file of a version that cannot be had would be in the way of the next attempt.
    await rm(apt.downloads, { recursive: true, force: true });
    if (droppable === undefined || sources.length === 1) {
      throw new FailureError(
        'io',
        `The Debian packages could not be downloaded: ${why} What is complete was kept; try again.`,
      );
    }
    context.warn(`Debian’s suite ${droppable.suite} is left out, its packages do not fit its index: ${why}`);
    const rest = sources.filter((source) => source !== droppable);
    await publishFile(goodSources, formatSources(rest));
  }

  /** The packages as last downloaded, or null when one is absent or damaged. */
  async function fromPool(names: readonly string[]): Promise<DownloadedPackage[] | null> {
    const found: DownloadedPackage[] = [];
    for (const name of names) {
      const text = await readFile(path.join(pool, `${name}.json`), 'utf8').catch(() => null);
      if (text === null) return null;
      const record: unknown = JSON.parse(text);
      if (!isPackageRecord(record) || !(await inPool(record))) return null;
      found.push(downloadedFrom(record));
    }
    return found;
  }

  return {
    update: () => locked(updateLocked),
    show: (names) => locked(() => showLocked(names)),
    download: async (names) => (await fromPool(names)) ?? (await locked(() => downloadLocked(names))),
    downloadNewest: (names) =>
      locked(async () => {
        await updateLocked();
        return downloadLocked(names);
      }),
    system: (names) => locked(() => systemLocked(names)),
    downloadSystem: (names, system) => locked(() => completeLocked(names, system)),
  };
}

/** The lists of each choice of sources have a folder of their own. */
function stateName(architecture: string, release: string | null, further: readonly string[]): string {
  const name = release === null ? `apt-${architecture}` : `apt-${architecture}-${release}`;
  if (further.length === 0) return name;
  const hash = createHash('sha256').update(JSON.stringify([...further].sort()));
  return `${name}-with-${hash.digest('hex').slice(0, 8)}`;
}

function noLists(why: string): FailureError {
  return new FailureError(
    'io',
    `Debian's package lists could not be fetched (${why}). Nothing was changed. ` +
      'Check the connection and that "apt-get update" works, then try again.',
  );
}

function noRelease(release: string, why: string): FailureError {
  return new FailureError(
    'not-found',
    `Debian’s release “${release}” cannot be had from where this computer has its packages (${why}). The image was not built; choose another release, or add it to /etc/apt.`,
  );
}

function noDebian(): FailureError {
  return new FailureError(
    'unsupported',
    "This computer's apt settings name no Debian repository, and images are made of Debian packages. " +
      'Add one to /etc/apt/sources.list.d, or build the image on Debian and copy it here.',
  );
}

function suitesOf(sources: readonly AptSource[]): string {
  return sources.map(({ suite }) => suite).join(', ');
}

async function filterAsync<T>(items: readonly T[], keep: (item: T) => Promise<boolean>): Promise<T[]> {
  const kept: T[] = [];
  for (const item of items) if (await keep(item)) kept.push(item);
  return kept;
}
