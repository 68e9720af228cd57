import path from 'node:path';
import { FailureError, toErr } from '../../src/shared/result.ts';
import { resolveKernel } from '../../src/images/kernel/resolve.ts';
import { cachedTunedKernel } from '../../src/images/kernel/tuned.ts';
import { debianPackages } from '../../src/images/packages/apt/debian-packages.ts';
import { cacheRoot } from '../../src/images/packages/cache.ts';
import type { WorkContext } from '../../src/images/packages/context.ts';
import type { Purpose } from '../../src/cli/doctor/system-packages.ts';
import { PROJECT_ROOT } from './child.ts';
import { resolveElectron, type ElectronRuntime } from './electron-runtime.ts';
import { ensureSystemPackages } from './system-packages.ts';
import { duration, Terminal } from './terminal.ts';

export interface SetupOptions {
  /** Also what only the tests need. */
  readonly tests: boolean;
  readonly signal: AbortSignal;
  readonly terminal: Terminal;
}

/** Ctrl-C, kill, and the terminal being closed. */
const STOP_SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Packages the image `tiny` is made of, besides the kernel. */
const TINY_PACKAGES = ['busybox-static', 'seabios'];

/** Where resources/guest is in a checkout. */
const GUEST_FOLDER = path.join(PROJECT_ROOT, 'resources', 'guest');

/**
 * Makes a fresh checkout ready to run: system packages, the Electron runtime, the guest kernel and what `tiny` is
 * made of. Each step that was done before is passed over at once; an interrupted one goes on where it was.
 *
 * @throws FailureError with a sentence that says what to do
 */
export async function setup(options: SetupOptions): Promise<ElectronRuntime> {
  const { terminal, signal } = options;
  const startedMs = Date.now();
  const context: WorkContext = {
    cacheRoot: cacheRoot(),
    signal,
    report: terminal.report,
    warn: (sentence) => terminal.warn(sentence),
  };
  const kernelContext = { ...context, guestFolder: GUEST_FOLDER };

  const hasKernel = (await cachedTunedKernel({ ...context, warn: () => undefined }, kernelContext)) !== null;
  const purposes: Purpose[] = ['app', 'images'];
  if (options.tests) purposes.push('test');
  if (!hasKernel) purposes.push('kernel');
  await ensureSystemPackages(purposes, { terminal, signal });

  const electron = await resolveElectron(context);
  terminal.say(`Electron: ${electron.why}`);
  await guestIngredients(context, () => resolveKernel('auto', kernelContext), terminal);
  terminal.say(`Set-up is complete (${duration(Date.now() - startedMs)}).`);
  return electron;
}

/** Away from Debian the app still runs, with images that were built elsewhere. */
async function guestIngredients(
  context: WorkContext,
  kernel: () => ReturnType<typeof resolveKernel>,
  terminal: Terminal,
): Promise<void> {
  try {
    const { kind, release } = await kernel();
    terminal.say(`Guest kernel: ${release} (${kind})`);
    await debianPackages(context).download(TINY_PACKAGES);
  } catch (caught) {
    if (process.platform === 'linux' || !(caught instanceof FailureError) || caught.code === 'cancelled') throw caught;
    terminal.warn(caught.message);
  }
}

/**
 * Runs a script's main function: Ctrl-C and SIGTERM abort its signal, a failure is printed as its sentence.
 *
 * @param main gives the exit code
 */
export async function runScript(main: (signal: AbortSignal, terminal: Terminal) => Promise<number>): Promise<void> {
  const abort = new AbortController();
  const terminal = new Terminal();
  const stop = (): void => abort.abort();
  for (const name of STOP_SIGNALS) process.on(name, stop);
  try {
    process.exitCode = await main(abort.signal, terminal);
  } catch (caught) {
    if (abort.signal.aborted) {
      terminal.say('Interrupted. Run the same command again to go on from here.');
      process.exitCode = 130;
      return;
    }
    terminal.say(toErr(caught).error.message);
    if (!(caught instanceof FailureError) && caught instanceof Error) terminal.say(caught.stack ?? '');
    process.exitCode = 1;
  } finally {
    for (const name of STOP_SIGNALS) process.off(name, stop);
  }
}
