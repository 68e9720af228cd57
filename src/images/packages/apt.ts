import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { FailureError } from '../../shared/result.ts';
import { aptStatus } from './apt-status.ts';
import { exists, publishFile, sha256File } from './cache.ts';
import { remainingMs, type WorkContext } from './context.ts';
import { withLock } from './lock.ts';
import { isPackageRecord, parseRecords, type DownloadedPackage, type PackageRecord } from './records.ts';
import { formatSources, parseListFile, readHostSources, type AptSource } from './sources.ts';
import { findTool, runTool, type ToolOutcome } from './tool.ts';

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
  /** Writes the suites that verify as a sources file for mmdebstrap. */
  writeSourcesList(file: string): Promise<void>;
}

export interface AptOptions {
  readonly architecture?: string;
  /** apt's folder of settings on this computer. */
  readonly etc?: string;
}

export function debianPackages(context: WorkContext, options: AptOptions = {}): DebianPackages {
  const architecture = options.architecture ?? 'i386';
  const state = path.join(context.cacheRoot, `apt-${architecture}`);
  const pool = path.join(context.cacheRoot, 'packages', architecture);
  const sourcesFile = path.join(state, 'sources.list');
  // Written when an update is complete: the suites that verified.
  const goodSources = path.join(state, 'good.list');
  const locked = <T>(task: () => Promise<T>): Promise<T> =>
    withLock(path.join(state, 'lock'), { signal: context.signal, onWait: reportWait }, task);

  function reportWait(pid: number): void {
    const detail = `process ${pid} is using the package cache`;
    context.report({ what: 'Waiting for another build', fraction: null, detail, remainingMs: null });
  }

  async function apt(
    command: string,
    args: readonly string[],
    onStatusLine?: (line: string) => void,
  ): Promise<ToolOutcome> {
    return runTool(command, args, {
      signal: context.signal,
      cwd: path.join(state, 'downloads'),
      env: { APT_CONFIG: path.join(state, 'apt.conf') },
      missing: 'Debian packages are fetched with it, so this needs Debian or a system derived from it.',
      ...(onStatusLine === undefined ? {} : { onStatusLine }),
    });
  }

  async function prepare(): Promise<void> {
    if ((await findTool('apt-get')) === null) {
      throw new FailureError(
        'missing-tool',
        'Images are made of Debian packages, and the program that fetches them, apt-get, is not on this computer. ' +
          'Build the image on Debian (or in a Debian container) and copy it here.',
      );
    }
    for (const folder of ['lists/partial', 'archives/partial', 'downloads', 'empty.d']) {
      await mkdir(path.join(state, folder), { recursive: true });
    }
    await mkdir(pool, { recursive: true });
    await writeFile(path.join(state, 'status'), '');
    await writeFile(path.join(state, 'apt.conf'), await aptConf());
  }

  async function aptConf(): Promise<string> {
    if (/["\n]/.test(state)) {
      throw new FailureError(
        'unsupported',
        `The cache folder ${state} has a quote in its name, which apt cannot read.`,
      );
    }
    const host = await runTool('apt-config', ['dump'], { signal: context.signal });
    // Proxies, certificates and time-outs are the host's; what to index, and its hooks, are not.
    const acquire = host.stdout
      .split('\n')
      .filter((line) => /^Acquire::(?!IndexTargets|Languages|Gzip|CompressionTypes)/.test(line));
    return [
      ...acquire,
      'Acquire::Languages "none";',
      'Acquire::Retries "2";',
      `APT::Architecture "${architecture}";`,
      `APT::Architectures { "${architecture}"; };`,
      'APT::Install-Recommends "false";',
      // apt would hand downloads to the user _apt, who may not look into this cache folder.
      ...(process.getuid?.() === 0 ? ['APT::Sandbox::User "root";'] : []),
      `Dir::State "${state}";`,
      `Dir::State::lists "${state}/lists";`,
      `Dir::State::status "${state}/status";`,
      `Dir::Cache "${state}";`,
      `Dir::Cache::archives "${state}/archives";`,
      `Dir::Etc::sourcelist "${sourcesFile}";`,
      `Dir::Etc::sourceparts "${state}/empty.d";`,
      `Dir::Etc::main "/dev/null";`,
      `Dir::Etc::parts "${state}/empty.d";`,
      `Dir::Etc::preferences "/dev/null";`,
      `Dir::Etc::preferencesparts "${state}/empty.d";`,
      '',
    ].join('\n');
  }

  async function updateWith(sources: readonly AptSource[]): Promise<ToolOutcome> {
    const startedMs = Date.now();
    await writeFile(sourcesFile, formatSources(sources));
    return apt(
      'apt-get',
      ['update', '-q', '--error-on=any', '-o', 'APT::Status-Fd=3', '-o', 'APT::Get::List-Cleanup=false'],
      (line) => {
        const status = aptStatus(line);
        if (status === null) return;
        const { fraction, detail } = status;
        const remaining = remainingMs(Date.now() - startedMs, fraction);
        context.report({ what: 'Fetching package lists', fraction, detail, remainingMs: remaining });
      },
    );
  }

  async function updateLocked(): Promise<void> {
    await prepare();
    const candidates = await readHostSources(options.etc ?? '/etc/apt');
    if (candidates.length === 0) throw noDebian();
    context.report({ what: 'Fetching package lists', fraction: 0, detail: '', remainingMs: null });
    let good = candidates;
    const all = await updateWith(candidates);
    if (all.exitCode !== 0) {
      good = [];
      for (const source of candidates) {
        const one = await updateWith([source]);
        if (one.exitCode === 0) good.push(source);
        else context.warn(`Debian's suite ${source.suite} is left out: ${reason(one)}`);
      }
    }
    await writeFile(sourcesFile, formatSources(good));
    good = await onlyDebian(good);
    if (good.length === 0) {
      if (all.exitCode === 0) throw noDebian();
      throw new FailureError(
        'io',
        `Debian's package lists could not be fetched (${reason(all)}). Nothing was changed. ` +
          'Check the connection and that "apt-get update" works, then try again.',
      );
    }
    await writeFile(sourcesFile, formatSources(good));
    await publishFile(goodSources, formatSources(good));
  }

  /** Origin is part of the signed Release file. */
  async function onlyDebian(sources: readonly AptSource[]): Promise<AptSource[]> {
    const targets = await apt('apt-get', [
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

  async function showLocked(names: readonly string[]): Promise<PackageRecord[]> {
    const sources = await usableSources();
    await prepare();
    await writeFile(sourcesFile, formatSources(sources));
    const shown = await apt('apt-cache', ['show', '--no-all-versions', ...names]);
    const records = parseRecords(shown.stdout);
    return names.map((name) => {
      const record = records.find((candidate) => candidate.name === name);
      if (record !== undefined) return record;
      throw new FailureError(
        'not-found',
        `Debian (${sources.map(({ suite }) => suite).join(', ')}) has no package ${name} for ${architecture}. ` +
          'Nothing was changed.',
      );
    });
  }

  async function fetch(records: readonly PackageRecord[]): Promise<ToolOutcome> {
    const startedMs = Date.now();
    const what = `Downloading ${records.map(({ name }) => name).join(', ')}`;
    context.report({ what, fraction: 0, detail: '', remainingMs: null });
    const wanted = records.map(({ name, version }) => `${name}=${version}`);
    return apt('apt-get', ['download', '-q', '-o', 'APT::Status-Fd=3', ...wanted], (line) => {
      const status = aptStatus(line);
      if (status === null) return;
      const { fraction, detail } = status;
      context.report({ what, fraction, detail, remainingMs: remainingMs(Date.now() - startedMs, fraction) });
    });
  }

  /** Fetches what the pool does not hold in that very version. */
  async function downloadLocked(names: readonly string[]): Promise<DownloadedPackage[]> {
    let records = await showLocked(names);
    const lacking = (): Promise<PackageRecord[]> => filterAsync(records, async (record) => !(await inPool(record)));
    let missing = await lacking();
    let renewed = false;
    while (missing.length > 0) {
      const outcome = await fetch(missing);
      await takeIn(missing);
      missing = await lacking();
      if (missing.length === 0) break;
      // An index older than the pool is cured by a new index; a suite out of step with its index by leaving it out.
      if (!renewed) {
        renewed = true;
        await updateLocked();
      } else {
        await dropSuite(reason(outcome));
      }
      records = await showLocked(names);
      missing = await lacking();
    }
    const downloaded = records.map((record) => ({ ...record, path: poolPath(record) }));
    for (const entry of downloaded) await publishFile(path.join(pool, `${entry.name}.json`), JSON.stringify(entry));
    return downloaded;
  }

  function poolPath(record: PackageRecord): string {
    return path.join(pool, path.basename(record.fileName));
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
      const file = path.join(state, 'downloads', name);
      if (!(await exists(file))) continue;
      if ((await sha256File(file, context.signal)) === record.sha256) await rename(file, poolPath(record));
    }
  }

  async function dropSuite(why: string): Promise<void> {
    const sources = await usableSources();
    const droppable =
      sources.find(({ suite }) => suite.includes('security')) ?? sources.find(({ suite }) => suite.includes('-'));
    // Half a file of a version that cannot be had would be in the way of the next attempt.
    await rm(path.join(state, 'downloads'), { recursive: true, force: true });
    if (droppable === undefined || sources.length === 1) {
      throw new FailureError(
        'io',
        `The Debian packages could not be downloaded: ${why} What is complete was kept; try again.`,
      );
    }
    context.warn(`Debian's suite ${droppable.suite} is left out, its packages do not fit its index: ${why}`);
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
      found.push({ ...record, path: poolPath(record) });
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
    writeSourcesList: async (file) => {
      await publishFile(file, formatSources(await locked(usableSources)));
    },
  };
}

function noDebian(): FailureError {
  return new FailureError(
    'unsupported',
    "This computer's apt settings name no Debian repository, and images are made of Debian packages. " +
      'Add one to /etc/apt/sources.list.d, or build the image on Debian and copy it here.',
  );
}

/** The first thing apt complained about, without its prefix. */
function reason(outcome: ToolOutcome): string {
  const line = outcome.errorTail.split('\n').find((candidate) => /^[EW]: /.test(candidate)) ?? outcome.errorTail.trim();
  return `${
    line
      .replace(/^[EW]: /, '')
      .replace(/\s*\[IP: [^\]]*\]/, '')
      .replace(/\.*$/, '') || `apt-get ended with status ${outcome.exitCode}`
  }.`;
}

async function filterAsync<T>(items: readonly T[], keep: (item: T) => Promise<boolean>): Promise<T[]> {
  const kept: T[] = [];
  for (const item of items) if (await keep(item)) kept.push(item);
  return kept;
}
