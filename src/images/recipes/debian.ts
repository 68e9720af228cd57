import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { storageFailure } from '../../library/durable.ts';
import { FailureError } from '../../shared/result.ts';
import type { DebianPackages } from '../packages/apt.ts';
import { exists, publishFile } from '../packages/cache.ts';
import type { WorkContext } from '../packages/context.ts';
import { parseListFile } from '../packages/sources.ts';
import { runTool } from '../packages/tool.ts';
import { MmdebstrapProgress } from './mmdebstrap-progress.ts';
import { settleTimes } from './settle-times.ts';

export const DEBIAN_RELEASE = 'bookworm';
/** Raised when what is made of the same packages changes. */
const REVISION = 2;
const PACKAGE_NAME = /^[a-z0-9][a-z0-9+.-]+$/;
/** Documentation that nobody reads in a small machine, and translations: half of the files. */
const EXCLUDED_PATHS = [
  '/usr/share/doc/*',
  '/usr/share/man/*',
  '/usr/share/info/*',
  '/usr/share/locale/*',
  '/usr/share/lintian/*',
];
/** npm for the image's Node 18, from the npm registry: Debian's own package brings 400 others along. */
const NPM_PACKAGE = 'npm@10.9.4';

/**
 * The `debian` recipe: a complete, configured Debian root file system made by mmdebstrap from the
 * host's own apt configuration.
 * @param names Debian packages; what they need comes along
 * @param release its code name, which one of the host's suites must have
 * @returns the tarball, in the cache
 * @throws FailureError `bad-input` for a package name, `missing-tool` without mmdebstrap
 */
export async function makeDebianRootfs(
  context: WorkContext,
  packages: DebianPackages,
  names: readonly string[],
  release: string,
): Promise<string> {
  checkDebianNames(names);
  const include = [...new Set(names)].sort();
  const folder = path.join(context.cacheRoot, 'rootfs');
  await mkdir(folder, { recursive: true });
  const sources = path.join(folder, 'debian.sources.list');
  await packages.writeSourcesList(sources);
  const sourcesText = await readFile(sources, 'utf8');
  const suites = parseListFile(sourcesText).map(({ suite }) => suite);
  if (!suites.includes(release)) {
    throw new FailureError(
      'not-found',
      `This computer’s apt settings have no suite “${release}” of Debian (they have ${suites.join(', ')}). The image was not built; add it to /etc/apt, or choose another release.`,
    );
  }
  const tarball = tarballPath(folder, release, include, sourcesText);
  if (await exists(tarball)) return tarball;

  const unfinished = `${tarball}.unfinished-${process.pid}`;
  const settled = `${unfinished}.settled`;
  const beganMs = Date.now();
  const progress = new MmdebstrapProgress(beganMs);
  try {
    const isRoot = process.getuid?.() === 0;
    const outcome = await runTool(
      'mmdebstrap',
      [
        '--verbose',
        '--arch=i386',
        '--variant=apt',
        `--mode=${isRoot ? 'root' : 'unshare'}`,
        '--format=tar',
        ...(include.length === 0 ? [] : [`--include=${include.join(',')}`]),
        ...EXCLUDED_PATHS.map((pattern) => `--dpkgopt=path-exclude=${pattern}`),
        '--aptopt=APT::Install-Recommends "false"',
        // The guest has one user; a sandboxed download user only slows it down.
        '--aptopt=APT::Sandbox::User "root"',
        release,
        unfinished,
        sources,
      ],
      {
        signal: context.signal,
        missing: 'The debian recipe is made with it: sudo apt-get install mmdebstrap arch-test',
        onLine: (line) => {
          progress.line(line);
          context.report(progress.at(Date.now()));
        },
      },
    );
    if (outcome.exitCode !== 0) {
      throw new FailureError(
        'io',
        `Debian's packages could not be installed (mmdebstrap ended with ${outcome.exitCode}). The image was not built.\n${outcome.errorTail}`,
      );
    }
    await settleTimes(unfinished, settled, beganMs).catch((cause: unknown) => {
      throw storageFailure(cause, 'Debian’s files could not be kept');
    });
    await rename(settled, tarball);
  } finally {
    for (const file of [unfinished, settled]) await rm(file, { force: true });
  }
  return tarball;
}

/** Whether the cache has this very root file system, by the package sources of the last build. */
export async function hasDebianRootfs(cacheRoot: string, names: readonly string[], release: string): Promise<boolean> {
  const folder = path.join(cacheRoot, 'rootfs');
  const sources = await readFile(path.join(folder, 'debian.sources.list'), 'utf8').catch(() => null);
  return sources !== null && exists(tarballPath(folder, release, [...new Set(names)].sort(), sources));
}

function tarballPath(folder: string, release: string, include: readonly string[], sources: string): string {
  const key = createHash('sha256').update(JSON.stringify([REVISION, release, include, EXCLUDED_PATHS, sources]));
  return path.join(folder, `debian-${key.digest('hex').slice(0, 16)}.tar`);
}

/** @throws FailureError `bad-input` for what is no package, before anything is fetched */
export function checkDebianNames(names: readonly string[]): void {
  for (const name of names) {
    if (!PACKAGE_NAME.test(name))
      throw new FailureError('bad-input', `“${name.slice(0, 80)}” is not the name of a Debian package.`);
  }
}

/** The npm command line tool as files below /usr/lib/node_modules/npm. @returns the package's tarball (gzip) */
export async function fetchNpm(context: WorkContext): Promise<string> {
  const folder = path.join(context.cacheRoot, 'npm');
  await mkdir(folder, { recursive: true });
  const tarball = path.join(folder, `${NPM_PACKAGE.replace('@', '-')}.tgz`);
  if (await exists(tarball)) return tarball;
  context.report({ what: 'Fetching npm', fraction: null, detail: NPM_PACKAGE, remainingMs: null });
  // npm checks the download against the integrity its registry publishes.
  const outcome = await runTool('npm', ['pack', NPM_PACKAGE, '--silent', '--pack-destination', folder], {
    signal: context.signal,
    missing: 'npm comes with Node.js: install Node 20.19 or newer.',
  });
  const packed = path.join(folder, outcome.stdout.trim().split('\n').at(-1) ?? '');
  if (outcome.exitCode !== 0 || !(await exists(packed))) {
    throw new FailureError(
      'io',
      `npm could not be fetched from the npm registry. The image was not built; try again when the registry can be reached.\n${outcome.errorTail}`,
    );
  }
  if (packed !== tarball) await publishFile(tarball, await readFile(packed));
  return tarball;
}

/** Package versions from a dpkg status file. */
export function dpkgVersions(status: string): Record<string, string> {
  const versions: Record<string, string> = {};
  for (const stanza of status.split('\n\n')) {
    const name = /^Package: (.+)$/m.exec(stanza)?.[1];
    const version = /^Version: (.+)$/m.exec(stanza)?.[1];
    if (name !== undefined && version !== undefined) versions[name] = version;
  }
  return versions;
}
