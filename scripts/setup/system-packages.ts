import { FailureError } from '../../src/shared/result.ts';
import { aptStatus } from '../../src/images/packages/apt/apt-status.ts';
import { remainingMs } from '../../src/images/packages/context.ts';
import { runTool } from '../../src/images/packages/tool.ts';
import { missingPackages, type Purpose } from '../../src/cli/doctor/system-packages.ts';
import type { Terminal } from './terminal.ts';

/** Without these there is nothing to go on with; the others have a way round. */
const REQUIRED: readonly Purpose[] = ['app', 'test'];

export interface PackageContext {
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
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
