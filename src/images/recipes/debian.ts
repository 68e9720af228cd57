import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import { storageFailure } from '../../library/durable.ts';
import { FailureError } from '../../shared/result.ts';
import { debFile, type DebianPackages, type SystemPackages } from '../packages/apt/debian-packages.ts';
import { exists, publishFile } from '../packages/cache.ts';
import type { WorkContext } from '../packages/context.ts';
import { servePackages } from '../packages/apt/package-server.ts';
import { formatSources, withoutPassword } from '../packages/apt/sources.ts';
import { runTool } from '../packages/tool.ts';
import { makeScratch } from '../scratch.ts';
import { EXCLUDED_PATHS, runMmdebstrap } from './mmdebstrap.ts';
import { settleTimes } from './settle-times.ts';

export const DEBIAN_RELEASE = 'bookworm';
/** Raised when what is made of the same packages changes. */
const REVISION = 3;
const RELEASE_NAME = /^[a-z]{2,20}$/;
const PACKAGE_NAME = /^[a-z0-9][a-z0-9+.-]+$/;
const ROOTFS_FILE = /^debian-[0-9a-f]{16}\.tar$/;
const JUST_COME_MS = 24 * 60 * 60 * 1000;
/** What nobody built for so long is not kept for the next time. */
const KEPT_MS = 60 * JUST_COME_MS;
const CHOICE_FILE = /^debian-[0-9a-f]{16}\.made\.json$/;
/** npm for the image's Node 18, from the npm registry: Debian's own package brings 400 others along. */
const NPM_PACKAGE = 'npm@10.9.4';

/** What a root file system was last made of, for plans and for what is no longer needed. */
const LAST_SYSTEM = v.object({
  /** The name of the tarball. */
  tarball: v.pipe(v.string(), v.regex(ROOTFS_FILE)),
  packages: v.array(v.object({ file: v.string(), sizeBytes: v.number() })),
});
type LastSystem = v.InferOutput<typeof LAST_SYSTEM>;

/** Which Debian it is. */
export interface DebianChoice {
  /** Names; what they need comes along. */
  readonly packages: readonly string[];
  /** The code name, of one that this computer's mirrors have. */
  readonly release: string;
  /** Files of this computer's apt settings, without their endings, whose packages count too. */
  readonly sources: readonly string[];
}

/**
 * The `debian` recipe: a complete, configured Debian root file system made by mmdebstrap of packages from the host's own
 * apt configuration. Which they are is decided first, and they are fetched into the cache; then nothing is asked of the
 * network, and the same packages make the same tarball.
 * @returns the tarball, in the cache
 * @throws FailureError `bad-input` for a package name, `missing-tool` without mmdebstrap, `not-found`, `io`
 */
export async function makeDebianRootfs(
  context: WorkContext,
  packages: DebianPackages,
  choice: DebianChoice,
): Promise<string> {
  checkDebianChoice(choice);
  const folder = path.join(context.cacheRoot, 'rootfs');
  await mkdir(folder, { recursive: true });
  /** Also remembers what it is made of, so that a plan knows what of it is still to be fetched. */
  const tarballOf = async (system: SystemPackages): Promise<string> => {
    const tarball = `debian-${systemHash(system)}.tar`;
    const of = system.records.map((record) => ({ file: debFile(record), sizeBytes: record.sizeBytes }));
    const last: LastSystem = { tarball, packages: of };
    await publishFile(path.join(folder, choiceFile(choice)), JSON.stringify(last));
    return path.join(folder, tarball);
  };
  const names = [...new Set(choice.packages)].sort();
  const known = await packages.system(names);
  const made = await tarballOf(known);
  if (await exists(made)) return made;
  const system = await packages.downloadSystem(names, known);
  const tarball = await tarballOf(system);
  if (await exists(tarball)) return tarball;

  const scratch = await makeScratch(path.join(context.cacheRoot, 'work'));
  const unfinished = path.join(scratch.path, 'unfinished.tar');
  const sourcesFile = path.join(scratch.path, 'sources.list');
  const settled = path.join(scratch.path, 'settled.tar');
  const beganMs = Date.now();
  const server = await servePackages(system);
  try {
    await writeFile(sourcesFile, machineSources(system));
    const { sources } = system;
    const { source } = server;
    await runMmdebstrap(context, {
      packages: names,
      release: choice.release,
      source,
      sources,
      sourcesFile,
      to: unfinished,
    });
    await settleTimes(unfinished, settled, beganMs).catch((cause: unknown) => {
      throw storageFailure(cause, 'Debian’s files could not be kept');
    });
    await rename(settled, tarball);
    await removeOutdated(context.cacheRoot);
  } finally {
    await server.close();
    await scratch.remove();
  }
  return tarball;
}

/** What a plan can know without asking: whether it was made before, and what is lacking if not. */
export async function plannedDebian(
  cacheRoot: string,
  choice: DebianChoice,
): Promise<{ readonly isCached: boolean; readonly bytes: number | null }> {
  const folder = path.join(cacheRoot, 'rootfs');
  const last = await lastSystem(folder, choice);
  if (last === null) return { isCached: false, bytes: null };
  let bytes = 0;
  for (const { file, sizeBytes } of last.packages)
    if (!(await exists(path.join(cacheRoot, 'packages', 'i386', file)))) bytes += sizeBytes;
  return { isCached: await exists(path.join(folder, last.tarball)), bytes };
}

/** What no system is made of any more, in the versions that mirrors have now, or was not for long. A tarball has some 300 MB. */
async function removeOutdated(cacheRoot: string): Promise<void> {
  const folder = path.join(cacheRoot, 'rootfs');
  const pool = path.join(cacheRoot, 'packages', 'i386');
  const names = await readdir(folder);
  const systems: (LastSystem | null)[] = [];
  for (const name of names.filter((candidate) => CHOICE_FILE.test(candidate))) {
    const file = path.join(folder, name);
    // Written at each build.
    if (Date.now() - (await stat(file)).mtimeMs > KEPT_MS) await rm(file, { force: true });
    else systems.push(await readLast(file));
  }
  const tarballs = new Set(systems.map((system) => system?.tarball));
  for (const name of names)
    if (ROOTFS_FILE.test(name) && !tarballs.has(name)) await rm(path.join(folder, name), { force: true });
  const debs = new Set(systems.flatMap((system) => system?.packages.map(({ file }) => file) ?? []));
  for (const name of await readdir(pool)) {
    if (!name.endsWith('.deb') || debs.has(name)) continue;
    // Those that were asked for singly have a record of that; or will, when they have just come.
    const isRecorded = await exists(path.join(pool, `${name.replace(/_.*$/, '')}.json`));
    const { ctimeMs } = await stat(path.join(pool, name));
    if (!isRecorded && Date.now() - ctimeMs > JUST_COME_MS) await rm(path.join(pool, name), { force: true });
  }
}

function lastSystem(folder: string, choice: DebianChoice): Promise<LastSystem | null> {
  return readLast(path.join(folder, choiceFile(choice)));
}

/** A file that is damaged is as good as none: it is written anew. */
async function readLast(file: string): Promise<LastSystem | null> {
  const text = await readFile(file, 'utf8').catch(() => null);
  try {
    return text === null ? null : v.parse(LAST_SYSTEM, JSON.parse(text));
  } catch {
    return null;
  }
}

function choiceFile({ packages, release, sources }: DebianChoice): string {
  const names = [packages, sources].map((list) => [...new Set(list)].sort());
  return `debian-${sha256(JSON.stringify([release, ...names])).slice(0, 16)}.made.json`;
}

/** What the machine's own apt is told. */
function machineSources({ sources }: SystemPackages): string {
  return formatSources(sources.map(withoutPassword));
}

function systemHash(system: SystemPackages): string {
  const versions = system.records.map(({ name, version, sha256: hash }) => [name, version, hash].join(' ')).sort();
  return sha256(JSON.stringify([REVISION, versions, EXCLUDED_PATHS, machineSources(system)])).slice(0, 16);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** @throws FailureError `bad-input` for what is no package or release, before anything is fetched */
export function checkDebianChoice({ packages, release }: DebianChoice): void {
  if (!RELEASE_NAME.test(release))
    throw new FailureError('bad-input', `“${release.slice(0, 40)}” is not a release of Debian, as bookworm is.`);
  for (const name of packages) {
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
