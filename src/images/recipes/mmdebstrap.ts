import path from 'node:path';
import { FailureError } from '../../shared/result.ts';
import type { WorkContext } from '../packages/context.ts';
import { DEBIAN_KEYRING, type AptSource } from '../packages/apt/sources.ts';
import { findTool, runTool } from '../packages/tool.ts';
import { makeScratch } from '../scratch.ts';
import { MmdebstrapProgress } from './mmdebstrap-progress.ts';

/** Documentation that nobody reads in a small machine, and translations: half of the files. */
export const EXCLUDED_PATHS = [
  '/usr/share/doc/*',
  '/usr/share/man/*',
  '/usr/share/info/*',
  '/usr/share/locale/*',
  '/usr/share/lintian/*',
];
const PROXY_VARIABLES = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'];
/** Of unshare(1). */
const OWN_MOUNTS = ['--mount', '--propagation', 'private'];

/** What mmdebstrap works with. */
interface Bootstrap {
  /** Names, in order. */
  readonly packages: readonly string[];
  readonly release: string;
  /** The line of apt's sources that has the packages. */
  readonly source: string;
  readonly to: string;
  /** The sources that the machine will have, and the file that says so. */
  readonly sources: readonly AptSource[];
  readonly sourcesFile: string;
}

/**
 * Makes a root file system as a tar file.
 * @throws FailureError `missing-tool`, `io`, `cancelled`
 */
export async function runMmdebstrap(
  context: WorkContext,
  { packages, release, source, sources, sourcesFile, to }: Bootstrap,
): Promise<void> {
  const progress = new MmdebstrapProgress(Date.now());
  const keyrings = new Set(sources.flatMap(({ signedBy }) => signedBy ?? []));
  const isRoot = process.getuid?.() === 0;
  const mounts = isRoot && (await hasOwnMounts(context.signal));
  const scratch = mounts ? await makeScratch() : null;
  const args = [
    ...(mounts ? [...OWN_MOUNTS, 'mmdebstrap'] : []),
    '--verbose',
    '--arch=i386',
    '--variant=apt',
    `--mode=${isRoot ? 'root' : 'unshare'}`,
    '--format=tar',
    ...(packages.length === 0 ? [] : [`--include=${packages.join(',')}`]),
    ...EXCLUDED_PATHS.map((pattern) => `--dpkgopt=path-exclude=${pattern}`),
    '--aptopt=APT::Install-Recommends "false"',
    // The guest has one user; a sandboxed download user only slows it down.
    '--aptopt=APT::Sandbox::User "root"',
    // Debian's own is there already, by its package.
    ...[...keyrings].filter((file) => file !== DEBIAN_KEYRING).flatMap(keyringHooks),
    `--customize-hook=upload ${quoted(sourcesFile)} /etc/apt/sources.list`,
    release,
    to,
    source,
  ];
  try {
    const outcome = await runTool(mounts ? 'unshare' : 'mmdebstrap', args, {
      signal: context.signal,
      env: {
        // All that it fetches is on this computer.
        ...Object.fromEntries(PROXY_VARIABLES.map((name) => [name, undefined])),
        ...(scratch === null ? {} : { TMPDIR: scratch.path }),
      },
      missing: 'The debian recipe is made with it: sudo apt-get install mmdebstrap arch-test',
      onLine: (line) => {
        progress.line(line);
        context.report(progress.at(Date.now()));
      },
    });
    if (outcome.exitCode !== 0) {
      throw new FailureError(
        'io',
        `Debian's packages could not be installed (mmdebstrap ended with ${outcome.exitCode}). The image was not built.\n${outcome.errorTail}`,
      );
    }
  } finally {
    await scratch?.remove();
  }
}

/**
 * As root, mmdebstrap mounts what packages need into the system that it makes. In a mount namespace of their own these end
 * with it, however it ends; so the folder of one that was killed can be removed without reaching into this computer's /dev.
 */
async function hasOwnMounts(signal: AbortSignal): Promise<boolean> {
  // Without mmdebstrap, it is that which shall be missed.
  for (const tool of ['unshare', 'mmdebstrap']) if ((await findTool(tool)) === null) return false;
  return (await runTool('unshare', [...OWN_MOUNTS, 'true'], { signal })).exitCode === 0;
}

function keyringHooks(file: string): string[] {
  const folder = path.posix.dirname(file);
  return [`--customize-hook=mkdir -p "$1"${quoted(folder)}`, `--customize-hook=upload ${quoted(file)} ${quoted(file)}`];
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
