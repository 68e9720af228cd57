import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { debianPackages } from '../../src/images/packages/apt/debian-packages.ts';
import { cacheRoot, exists, publishFolder } from '../../src/images/packages/cache.ts';
import type { WorkContext } from '../../src/images/packages/context.ts';
import { extractDeb } from '../../src/images/packages/apt/deb.ts';
import { withLock } from '../../src/images/packages/lock.ts';
import { findTool, runTool } from '../../src/images/packages/tool.ts';
import { FailureError } from '../../src/shared/result.ts';

/** A program and what must be set for it to run. */
export interface Tool {
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
  /** As it says itself. */
  readonly version: string;
}

interface WantedTool {
  readonly command: string;
  /** The program's own package, and what of its dependencies a small Debian may lack. */
  readonly packages: readonly string[];
  readonly versionArguments: readonly string[];
}

export const RESTIC: WantedTool = { command: 'restic', packages: ['restic'], versionArguments: ['version'] };
export const BORG: WantedTool = {
  command: 'borg',
  packages: ['borgbackup', 'python3-msgpack', 'python3-packaging', 'python3-pkg-resources', 'libxxhash0'],
  versionArguments: ['--version'],
};

/**
 * A program of this computer, or else of Debian's package, fetched with the computer's own apt settings and
 * unpacked in the cache: nothing is installed.
 * @throws FailureError `missing-tool` when there is neither
 */
export async function findOrFetch(wanted: WantedTool): Promise<Tool> {
  const installed = await findTool(wanted.command);
  if (installed !== null) return checked(wanted, installed, {});
  try {
    const folder = await fetchTool(wanted);
    const library = path.join(folder, 'usr', 'lib');
    const triplet = await outputOf('dpkg-architecture', ['-qDEB_HOST_MULTIARCH']).catch(() => 'x86_64-linux-gnu');
    return await checked(wanted, path.join(folder, 'usr', 'bin', wanted.command), {
      PYTHONPATH: path.join(library, 'python3', 'dist-packages'),
      LD_LIBRARY_PATH: path.join(library, triplet),
    });
  } catch (cause) {
    if (!(cause instanceof FailureError)) throw cause;
    throw new FailureError(
      'missing-tool',
      `The library is measured beside ${wanted.command}, which is not here and could not be fetched: ${cause.message} ` +
        `Nothing was measured. Install it with: sudo apt-get install ${wanted.packages[0] ?? wanted.command}`,
      { cause },
    );
  }
}

async function fetchTool({ command, packages }: WantedTool): Promise<string> {
  const folder = path.join(cacheRoot(), 'bench-tools', command);
  const context: WorkContext = {
    cacheRoot: cacheRoot(),
    signal: new AbortController().signal,
    report: () => undefined,
    warn: (sentence) => process.stderr.write(`bench: ${sentence}\n`),
  };
  await mkdir(path.dirname(folder), { recursive: true });
  await withLock(`${folder}.lock`, { signal: context.signal }, async () => {
    if (await exists(folder)) return;
    process.stderr.write(`bench: fetching ${command}\n`);
    const architecture = await outputOf('dpkg', ['--print-architecture']);
    const files = await debianPackages(context, { architecture }).download([...packages]);
    await publishFolder(folder, async (unfinished) => {
      for (const { path: file } of files) await extractDeb(file, unfinished, context.signal);
    });
  });
  return folder;
}

async function checked(wanted: WantedTool, command: string, env: Tool['env']): Promise<Tool> {
  return { command, env, version: await outputOf(command, wanted.versionArguments, env) };
}

/** What a program prints. @throws FailureError `io` with its last words when it does not end with 0 */
export async function outputOf(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  cwd?: string,
): Promise<string> {
  const { signal } = new AbortController();
  const outcome = await runTool(command, args, { signal, env, ...(cwd !== undefined && { cwd }) });
  if (outcome.exitCode === 0) return outcome.stdout.trim();
  throw new FailureError(
    'io',
    `${path.basename(command)} ${args.join(' ')} ended with ${outcome.exitCode}: ${outcome.errorTail}`,
  );
}
