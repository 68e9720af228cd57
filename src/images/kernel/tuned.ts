import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { FailureError } from '../../shared/result.ts';
import { debianPackages } from '../packages/apt/debian-packages.ts';
import { exists } from '../packages/cache.ts';
import type { WorkContext } from '../packages/context.ts';
import { extractDeb } from '../packages/apt/deb.ts';
import { findTool, runTool, type ToolOptions, type ToolOutcome } from '../packages/tool.ts';
import { CompileProgress } from './compile-progress.ts';
import { cachedKernel, kernelKey, storeKernel, type Kernel } from './store.ts';

/** The package that depends on the newest kernel source. */
const SOURCE_PACKAGE = 'linux-source';

/** Programs the build runs, and the Debian package of each. */
export const BUILD_TOOLS: readonly (readonly [tool: string, debianPackage: string])[] = [
  ['gcc', 'gcc'],
  ['make', 'make'],
  ['flex', 'flex'],
  ['bison', 'bison'],
  ['bc', 'bc'],
  ['lz4', 'lz4'],
  ['xz', 'xz-utils'],
  ['tar', 'tar'],
  ['perl', 'perl-base'],
];

/** Parts of the source (a glob under its root) that no i386 build reads; half the disk space. Their Kconfig stays. */
const UNREAD = [
  'arch/[!ux]*',
  'drivers/gpu',
  'drivers/infiniband',
  'drivers/media',
  'drivers/net/ethernet',
  'drivers/net/wireless',
  'drivers/scsi',
  'drivers/staging',
  'sound',
  'tools/perf',
  'tools/testing',
];

export interface TunedOptions {
  /** The folder with kernel.config (resources/guest). */
  readonly guestFolder: string;
  readonly jobs?: number;
}

export async function cachedTunedKernel(context: WorkContext, options: TunedOptions): Promise<Kernel | null> {
  return cachedKernel(context, 'tuned', sha256(await readConfig(options)));
}

/**
 * Why the tuned kernel cannot be built here, as a sentence with the command that would change it; null when it can.
 */
export async function tunedObstacle(): Promise<string | null> {
  if (process.platform !== 'linux') return 'The tuned kernel is compiled on Linux only.';
  const missing: string[] = [];
  for (const [tool, debianPackage] of BUILD_TOOLS) if ((await findTool(tool)) === null) missing.push(debianPackage);
  // gcc without the C library's headers cannot build the tools the kernel's build runs.
  if (!(await exists('/usr/include/stdio.h'))) missing.push('libc6-dev');
  if (missing.length === 0) return null;
  return `Compiling the guest kernel needs programs that are not installed. Run: sudo apt-get install ${missing.join(' ')}`;
}

/**
 * Compiles the guest kernel from Debian's source with our configuration. An interrupted build goes on where it
 * was: its tree is kept under the cache until the kernel is done. Call it while holding the lock of the kernels.
 *
 * @throws FailureError `missing-tool`, `cancelled`, `io`
 */
export async function buildTunedKernel(context: WorkContext, options: TunedOptions): Promise<Kernel> {
  const obstacle = await tunedObstacle();
  if (obstacle !== null) throw new FailureError('missing-tool', obstacle);
  const config = await readConfig(options);
  const packages = debianPackages(context);
  const [meta] = await packages.download([SOURCE_PACKAGE]);
  const versioned = meta?.dependencies.find((name) => name.startsWith(`${SOURCE_PACKAGE}-`));
  if (versioned === undefined)
    throw new FailureError('unsupported', `Debian's ${SOURCE_PACKAGE} names no kernel source.`);
  const [deb] = await packages.download([versioned]);
  if (deb === undefined) throw new Error('download() gave fewer packages than asked for');

  const work = path.join(context.cacheRoot, 'work', `kernel-${kernelKey(sha256(config), deb.version)}`);
  await dropOtherWork(path.dirname(work), path.basename(work));
  const tree = path.join(work, 'source');
  const resumed = await exists(tree);
  if (!resumed) await unpack(context, deb.path, versioned, work, tree);
  await configure(context, tree, config);
  await compile(context, tree, options.jobs ?? availableParallelism(), resumed);
  const release = (await readFile(path.join(tree, 'include/config/kernel.release'), 'utf8')).trim();
  const bzImage = await readFile(path.join(tree, 'arch/x86/boot/bzImage'));
  const kernel = await storeKernel(context, 'tuned', sha256(config), deb.version, { release, bzImage, initrd: null });
  context.report({ what: 'Removing the kernel source', fraction: null, detail: '', remainingMs: null });
  await rm(work, { recursive: true, force: true });
  return kernel;
}

/** Trees of an older configuration or source would only take up space. */
async function dropOtherWork(folder: string, keep: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    if (name.startsWith('kernel-') && name !== keep)
      await rm(path.join(folder, name), { recursive: true, force: true });
  }
}

async function unpack(context: WorkContext, deb: string, name: string, work: string, tree: string): Promise<void> {
  const what = 'Unpacking the kernel source';
  context.report({ what, fraction: null, detail: name, remainingMs: null });
  await rm(work, { recursive: true, force: true });
  const unpacked = path.join(work, 'unpacking');
  await mkdir(unpacked, { recursive: true });
  await extractDeb(deb, path.join(work, 'deb'), context.signal);
  const excludes = UNREAD.map((glob) => `--exclude=linux-source-*/${glob}/*.[chS]`);
  const archive = path.join(work, 'deb/usr/src', `${name}.tar.xz`);
  const outcome = await runTool(
    'tar',
    [
      '--extract',
      '--xz',
      `--file=${archive}`,
      `--directory=${unpacked}`,
      '--strip-components=1',
      '--anchored',
      '--wildcards',
      ...excludes,
    ],
    { signal: context.signal },
  );
  if (outcome.exitCode !== 0)
    throw new FailureError(
      'io',
      `The kernel source could not be unpacked: ${outcome.errorTail}. Free some disk space (600 MB) and try again.`,
    );
  await rm(path.join(work, 'deb'), { recursive: true });
  await rename(unpacked, tree);
}

async function configure(context: WorkContext, tree: string, config: Buffer): Promise<void> {
  // Left by the last step, so an interrupted configuration starts again.
  const mark = path.join(tree, '.terrarium-configured');
  if (await exists(mark)) return;
  context.report({ what: 'Configuring the guest kernel', fraction: null, detail: '', remainingMs: null });
  const fragment = path.join(tree, '.terrarium.config');
  await writeFile(fragment, config);
  const steps: [string, string[]][] = [
    ['make', ['ARCH=i386', 'tinyconfig']],
    ['sh', ['scripts/kconfig/merge_config.sh', '-m', '.config', fragment]],
    ['make', ['ARCH=i386', 'olddefconfig']],
  ];
  for (const [command, args] of steps) {
    const outcome = await runTool(command, args, {
      signal: context.signal,
      cwd: tree,
      env: { ARCH: 'i386', MAKEFLAGS: undefined },
    });
    if (outcome.exitCode !== 0) throw buildFailure(command, outcome);
  }
  await writeFile(mark, '');
}

async function compile(context: WorkContext, tree: string, jobs: number, resumed: boolean): Promise<void> {
  const progress = new CompileProgress(resumed ? await countObjects(tree) : 0, Date.now());
  let lastReportMs = 0;
  const report = (): void => context.report(progress.at(Date.now()));
  report();
  const options: ToolOptions = {
    signal: context.signal,
    cwd: tree,
    env: {
      // The same source, configuration and compiler give the same bytes, and so the same name in an image.
      KBUILD_BUILD_TIMESTAMP: (await stat(path.join(tree, 'Makefile'))).mtime.toUTCString(),
      KBUILD_BUILD_USER: 'terrarium',
      KBUILD_BUILD_HOST: 'terrarium',
      // Set when we run under make ourselves; it would change what our make prints and how many jobs it runs.
      MAKEFLAGS: undefined,
      MAKELEVEL: undefined,
    },
    onLine: (line) => {
      progress.line(line);
      if (Date.now() - lastReportMs < 250) return;
      lastReportMs = Date.now();
      report();
    },
  };
  const make = ['make', 'ARCH=i386', `-j${jobs}`, 'bzImage'] as const;
  // Should this process be killed, make must not go on in a tree the next attempt will use.
  const leash = await findTool('setpriv');
  const outcome =
    leash === null
      ? await runTool(make[0], make.slice(1), options)
      : await runTool(leash, ['--pdeathsig', 'TERM', ...make], options);
  if (outcome.exitCode !== 0) throw buildFailure('make', outcome);
}

async function countObjects(tree: string): Promise<number> {
  const names = await readdir(tree, { recursive: true });
  return names.filter((name) => name.endsWith('.o')).length;
}

function buildFailure(command: string, outcome: ToolOutcome): FailureError {
  return new FailureError(
    'io',
    `Compiling the guest kernel failed in "${command}": ${outcome.errorTail} ` +
      'What was compiled is kept; trying again continues there. The distribution’s kernel works without compiling.',
  );
}

async function readConfig(options: TunedOptions): Promise<Buffer> {
  return readFile(path.join(options.guestFolder, 'kernel.config'));
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
