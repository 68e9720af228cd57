import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { FailureError } from '../../src/shared/result.ts';
import { remainingMs, type WorkContext } from '../../src/images/packages/context.ts';
import { withLock } from '../../src/images/packages/lock.ts';
import { runTool } from '../../src/images/packages/tool.ts';
import { PROJECT_ROOT } from './child.ts';
import { folderBytes } from './folder-size.ts';

/** A connection that brings nothing for this long is taken for closed. */
const IDLE_MS = 25_000;
/** The whole download, on a slow line. */
const TOTAL_MS = 20 * 60_000;
const WATCH_MS = 500;
/** What the archive of a current Electron has, for the progress shown only. */
const EXPECTED_BYTES = 125_000_000;

/**
 * Runs the installer of the `electron` package, which downloads the runtime, checks its hash and unpacks it into
 * node_modules.
 *
 * @returns why there is none when it did not work, as a sentence; never throws for that
 */
export async function downloadElectron(context: WorkContext): Promise<string> {
  if ((process.env['TERRARIUM_NO_ELECTRON_DOWNLOAD'] ?? '') !== '') {
    return 'the official download is switched off by TERRARIUM_NO_ELECTRON_DOWNLOAD.';
  }
  const work = path.join(context.cacheRoot, 'work', 'electron-download');
  return withLock(`${work}.lock`, { signal: context.signal }, async () => {
    // What an earlier attempt left cannot be continued by the installer.
    await rm(work, { recursive: true, force: true });
    await mkdir(work, { recursive: true });
    try {
      return await runInstaller(context, work);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  });
}

async function runInstaller(context: WorkContext, work: string): Promise<string> {
  const giveUp = new AbortController();
  let obstacle = '';
  const startedMs = Date.now();
  let lastBytes = 0;
  let lastGrowthMs = startedMs;
  const watch = async (): Promise<void> => {
    const bytes = await folderBytes(work);
    const nowMs = Date.now();
    if (bytes !== lastBytes) lastGrowthMs = nowMs;
    lastBytes = bytes;
    const fraction = Math.min(0.99, bytes / EXPECTED_BYTES);
    const detail = `${Math.round(bytes / 1e6)} MB`;
    context.report({
      what: 'Downloading Electron',
      fraction,
      detail,
      remainingMs: remainingMs(nowMs - startedMs, fraction),
    });
    if (nowMs - lastGrowthMs > IDLE_MS && fraction < 0.9)
      obstacle = `the official download brought nothing for ${IDLE_MS / 1000} s.`;
    else if (nowMs - startedMs > TOTAL_MS) obstacle = 'the official download took too long.';
    if (obstacle !== '') giveUp.abort();
  };
  const timer = setInterval(() => {
    // Its failure would only mean that nothing is shown this time.
    watch().catch(() => undefined);
  }, WATCH_MS);
  try {
    const outcome = await runTool(process.execPath, [path.join(PROJECT_ROOT, 'node_modules/electron/install.js')], {
      signal: AbortSignal.any([context.signal, giveUp.signal]),
      // Both places the installer writes to lie in one folder, which shows how far it is.
      env: { electron_config_cache: path.join(work, 'cache'), TMPDIR: work, TEMP: work, TMP: work },
    });
    if (outcome.exitCode === 0) return '';
    const cause = outcome.errorTail.split('\n').find((line) => /error/i.test(line)) ?? outcome.errorTail;
    return `the official download failed: ${cause.trim()}.`;
  } catch (caught) {
    if (obstacle === '' || !(caught instanceof FailureError)) throw caught;
    return obstacle;
  } finally {
    clearInterval(timer);
  }
}
