import { readFile } from 'node:fs/promises';
import { FailureError } from '../../src/shared/result.ts';
import { aptStatus } from '../../src/images/packages/apt-status.ts';
import { remainingMs } from '../../src/images/packages/context.ts';
import { findTool, runTool } from '../../src/images/packages/tool.ts';
import type { Terminal } from './terminal.ts';

/** What the packages are for. The app cannot start without `app`, nor the tests without `test`. */
export type Purpose = 'app' | 'test' | 'kernel' | 'images';

/** Alternatives are names of one package in different Debian releases (the 64-bit time_t change renamed some). */
type Need = readonly [name: string, ...alternatives: string[]];

/**
 * By purpose. `app` is what `objdump -p electron` names as NEEDED on Debian 12 less what those depend on by
 * themselves, a font for what the bundled ones lack, and unzip for the runtime.
 */
export const SYSTEM_PACKAGES: Readonly<Record<Purpose, readonly Need[]>> = {
  app: [
    ['libgtk-3-0', 'libgtk-3-0t64'],
    ['libatk1.0-0', 'libatk1.0-0t64'],
    ['libatk-bridge2.0-0', 'libatk-bridge2.0-0t64'],
    ['libatspi2.0-0', 'libatspi2.0-0t64'],
    ['libglib2.0-0', 'libglib2.0-0t64'],
    ['libcups2', 'libcups2t64'],
    ['libasound2', 'libasound2t64'],
    ['libcairo2'],
    ['libdbus-1-3'],
    ['libdrm2'],
    ['libexpat1'],
    ['libgbm1'],
    ['libnspr4'],
    ['libnss3'],
    ['libpango-1.0-0'],
    ['libudev1'],
    ['libx11-6'],
    ['libxcb1'],
    ['libxcomposite1'],
    ['libxdamage1'],
    ['libxext6'],
    ['libxfixes3'],
    ['libxkbcommon0'],
    ['libxrandr2'],
    ['fonts-dejavu-core'],
    ['unzip'],
  ],
  test: [['xvfb'], ['iperf3'], ['iputils-ping']],
  kernel: [['gcc'], ['libc6-dev'], ['make'], ['flex'], ['bison'], ['bc'], ['lz4'], ['xz-utils']],
  images: [['mmdebstrap'], ['arch-test'], ['xz-utils'], ['zstd']],
};

/** Without these there is nothing to go on with; the others have a way round. */
const REQUIRED: readonly Purpose[] = ['app', 'test'];

export interface PackageContext {
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

/** The packages that are not installed, by Debian's name for them on this release; null where there is no dpkg. */
export async function missingPackages(purposes: readonly Purpose[], signal: AbortSignal): Promise<string[] | null> {
  if ((await findTool('dpkg-query')) === null) return null;
  const query = await runTool('dpkg-query', ['--show', '--showformat=${Package} ${db:Status-Status}\n'], { signal });
  const installed = new Set(
    query.stdout.split('\n').flatMap((line) => (line.endsWith(' installed') ? [line.split(' ')[0] ?? ''] : [])),
  );
  const needs = purposes.flatMap((purpose) => SYSTEM_PACKAGES[purpose]);
  const absent = needs.filter((names) => !names.some((name) => installed.has(name)));
  const renamed = await hasRenamedLibraries();
  return [...new Set(absent.map(([name, newer]) => (renamed && newer !== undefined ? newer : name)))];
}

/**
 * Sees to it that the system has what the purposes need: installs it when we are root, else says which command to
 * run.
 *
 * @throws FailureError `missing-tool` when something required is missing and cannot be installed
 */
export async function ensureSystemPackages(purposes: readonly Purpose[], context: PackageContext): Promise<void> {
  if (process.platform !== 'linux') return;
  const missing = await missingPackages(purposes, context.signal);
  if (missing === null) {
    context.terminal.warn(
      'This is not Debian, so its packages were not checked. Should the app not start, install GTK 3, NSS, ALSA, ' +
        'GBM and unzip with the package manager of this system.',
    );
    return;
  }
  if (missing.length === 0) return;
  const install = ['apt-get', 'install', '-y', '--no-install-recommends', ...missing];
  if (process.getuid?.() === 0) return installPackages(missing, context);

  const required = await missingPackages(
    purposes.filter((purpose) => REQUIRED.includes(purpose)),
    context.signal,
  );
  const sentence = `Some Debian packages are missing. Install them with:\n\n  sudo ${install.join(' ')}\n`;
  if (required === null || required.length > 0)
    throw new FailureError('missing-tool', `${sentence}\nThen run this again.`);
  context.terminal.warn(
    `${sentence}\nThe app starts without them, but compiling a kernel or building a Debian image does not work.`,
  );
}

async function installPackages(packages: readonly string[], context: PackageContext): Promise<void> {
  const { terminal, signal } = context;
  terminal.say(`Installing ${packages.length} Debian packages: ${packages.join(' ')}`);
  await apt(['update', '-q'], 'Fetching package lists', context, () => {
    // A repository that has nothing to do with us may be out of order; the installation will tell.
    terminal.warn('"apt-get update" reported errors; going on with the package lists there are.');
  });
  const audit = await runTool('dpkg', ['--audit'], { signal });
  // An installation cut off earlier (a power cut) has to be finished before apt-get does anything.
  if (audit.stdout.trim() !== '')
    await runTool('dpkg', ['--configure', '-a'], { signal, env: { DEBIAN_FRONTEND: 'noninteractive' } });
  await apt(
    ['install', '-y', '--no-install-recommends', ...packages],
    'Installing system packages',
    context,
    (reason) => {
      throw new FailureError(
        'io',
        `The Debian packages could not be installed: ${reason}\n` +
          `Run this to see why:\n\n  apt-get install --no-install-recommends ${packages.join(' ')}\n`,
      );
    },
  );
}

async function apt(
  args: readonly string[],
  what: string,
  { terminal, signal }: PackageContext,
  onFailure: (reason: string) => void,
): Promise<void> {
  const startedMs = Date.now();
  // dpkg must not be cut off while it unpacks and configures: asked to stop then, we stop after it.
  const stopDownload = new AbortController();
  let installing = false;
  const onAbort = (): void => {
    if (installing) terminal.say('Stopping as soon as the packages at hand are installed...');
    else stopDownload.abort();
  };
  signal.addEventListener('abort', onAbort);
  terminal.report({ what, fraction: null, detail: '', remainingMs: null });
  try {
    const outcome = await runTool('apt-get', ['-o', 'APT::Status-Fd=3', '-o', 'DPkg::Lock::Timeout=120', ...args], {
      signal: stopDownload.signal,
      env: { DEBIAN_FRONTEND: 'noninteractive' },
      onStatusLine: (line) => {
        const status = aptStatus(line);
        if (status === null) return;
        installing = status.phase === 'install';
        // Downloading and installing take about the same time over a usual connection.
        const isInstall = args[0] === 'install';
        const fraction = isInstall ? status.fraction / 2 + (installing ? 0.5 : 0) : status.fraction;
        terminal.report({
          what,
          fraction,
          detail: status.detail,
          remainingMs: remainingMs(Date.now() - startedMs, fraction),
        });
      },
    });
    signal.throwIfAborted();
    if (outcome.exitCode !== 0) onFailure(outcome.errorTail);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Debian 13 renamed libraries for 64-bit time. */
async function hasRenamedLibraries(): Promise<boolean> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const version = Number(/^VERSION_ID="?(\d+)/m.exec(release)?.[1] ?? Number.NaN);
  // Testing and unstable have no number.
  return /^ID=debian/m.test(release) ? !(version < 13) : /^ID=ubuntu/m.test(release) && version >= 24;
}
