import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { FailureError } from '../../../shared/result.ts';
import { aptStatus } from './apt-status.ts';
import { remainingMs, type WorkContext } from '../context.ts';
import { formatSources, type AptSource } from './sources.ts';
import { findTool, runTool, type ToolOutcome } from '../tool.ts';

/** The host's own apt with lists, settings and downloads of its own, in one folder. One process uses it at a time. */
export interface AptState {
  /** Where `apt-get download` leaves its files. */
  readonly downloads: string;
  /**
   * Makes the folder ready.
   * @throws FailureError `missing-tool`, `unsupported`
   */
  prepare(): Promise<void>;
  /** The sources that count from now on. */
  setSources(sources: readonly AptSource[]): Promise<void>;
  /**
   * @param what reported while it fetches, with its progress
   * @returns how it ended, whether that was well or not
   */
  run(command: string, args: readonly string[], what?: string): Promise<ToolOutcome>;
  /** Fetches the lists of these sources; those of others stay. */
  update(sources: readonly AptSource[]): Promise<ToolOutcome>;
}

export function aptState(context: WorkContext, folder: string, architecture: string): AptState {
  const sourcesFile = path.join(folder, 'sources.list');
  const downloads = path.join(folder, 'downloads');

  async function run(command: string, args: readonly string[], what?: string): Promise<ToolOutcome> {
    const startedMs = Date.now();
    const onStatusLine = (line: string): void => {
      const status = aptStatus(line);
      if (status === null || what === undefined) return;
      const { fraction, detail } = status;
      context.report({ what, fraction, detail, remainingMs: remainingMs(Date.now() - startedMs, fraction) });
    };
    return runTool(command, what === undefined ? args : [...args, '-o', 'APT::Status-Fd=3'], {
      signal: context.signal,
      cwd: downloads,
      env: { APT_CONFIG: path.join(folder, 'apt.conf') },
      missing: 'Debian packages are fetched with it, so this needs Debian or a system derived from it.',
      ...(what === undefined ? {} : { onStatusLine }),
    });
  }

  async function prepare(): Promise<void> {
    if ((await findTool('apt-get')) === null) {
      throw new FailureError(
        'missing-tool',
        'This image is made of Debian packages, and the program that fetches them, apt-get, is not on this computer. ' +
          'Build one of Alpine, which needs none of them, or build this one on Debian (or in a Debian container) and copy it here.',
      );
    }
    for (const name of ['lists/partial', 'archives/partial', 'downloads', 'empty.d']) {
      await mkdir(path.join(folder, name), { recursive: true });
    }
    await writeFile(path.join(folder, 'status'), '');
    await writeFile(path.join(folder, 'apt.conf'), await settings());
  }

  async function settings(): Promise<string> {
    if (/["\n]/.test(folder)) {
      throw new FailureError(
        'unsupported',
        `The cache folder ${folder} has a quote in its name, which apt cannot read.`,
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
      `Dir::State "${folder}";`,
      `Dir::State::lists "${folder}/lists";`,
      `Dir::State::status "${folder}/status";`,
      `Dir::Cache "${folder}";`,
      `Dir::Cache::archives "${folder}/archives";`,
      `Dir::Etc::sourcelist "${sourcesFile}";`,
      `Dir::Etc::sourceparts "${folder}/empty.d";`,
      `Dir::Etc::main "/dev/null";`,
      `Dir::Etc::parts "${folder}/empty.d";`,
      `Dir::Etc::preferences "/dev/null";`,
      `Dir::Etc::preferencesparts "${folder}/empty.d";`,
      '',
    ].join('\n');
  }

  const setSources = (sources: readonly AptSource[]): Promise<void> => writeFile(sourcesFile, formatSources(sources));

  async function update(sources: readonly AptSource[]): Promise<ToolOutcome> {
    await setSources(sources);
    const args = ['update', '-q', '--error-on=any', '-o', 'APT::Get::List-Cleanup=false'];
    return run('apt-get', args, 'Fetching package lists');
  }

  return { downloads, prepare, setSources, run, update };
}

/** The first thing apt complained about, without its prefix. */
export function aptReason(outcome: ToolOutcome): string {
  const line = outcome.errorTail.split('\n').find((candidate) => /^[EW]: /.test(candidate)) ?? outcome.errorTail.trim();
  return `${
    line
      .replace(/^[EW]: /, '')
      .replace(/\s*\[IP: [^\]]*\]/, '')
      .replace(/\.*$/, '') || `apt-get ended with status ${outcome.exitCode}`
  }.`;
}
