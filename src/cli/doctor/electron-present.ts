import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { exists } from '../../images/packages/cache.ts';
import { FailureError } from '../../shared/result.ts';

/** An Electron that is there, and where it came from. */
export interface PresentElectron {
  readonly electronPath: string;
  readonly version: string;
  readonly source: 'override' | 'installed' | 'stock';
  /** A sentence for a person. */
  readonly why: string;
}

/**
 * A stock Electron for networks that reach the npm registry but not Electron's own downloads; made by
 * scripts/setup/electron-stock.ts.
 */
export const STOCK_ELECTRON_VERSION = '33.2.1';
/** Raised when what is made of its package changes (the launcher, the fuses). */
const STOCK_REVISION = 1;

/**
 * The Electron that would run the app, without asking the network: TERRARIUM_ELECTRON, what npm installed, the stock
 * Electron in the cache.
 * @throws FailureError `not-found` when TERRARIUM_ELECTRON names nothing
 */
export async function presentElectron(
  { cacheRoot, packageFolder }: { readonly cacheRoot: string; readonly packageFolder: string },
  env: NodeJS.ProcessEnv,
): Promise<PresentElectron | null> {
  const override = env['TERRARIUM_ELECTRON'];
  if (override !== undefined && override !== '') {
    const electronPath = path.resolve(override);
    if (!(await exists(electronPath))) {
      throw new FailureError(
        'not-found',
        `TERRARIUM_ELECTRON names ${electronPath}, which does not exist. Correct it or unset it.`,
      );
    }
    const why = `Electron at ${electronPath}, as TERRARIUM_ELECTRON says`;
    return { electronPath, version: await versionBeside(electronPath), source: 'override', why };
  }
  const installed = await installedElectron(packageFolder);
  if (installed !== null) return installed;
  const cached = await cachedStockElectron(cacheRoot);
  return cached === null ? null : stockRuntime(cached, 'kept from an earlier run');
}

export function stockElectronFits(): boolean {
  return process.platform === 'linux' && process.arch === 'x64';
}

/** Where the stock Electron lies in the cache. */
export function stockElectronFolder(cacheRoot: string): string {
  return path.join(cacheRoot, 'electron', `${STOCK_ELECTRON_VERSION}-stock-${STOCK_REVISION}`);
}

export async function cachedStockElectron(cacheRoot: string): Promise<string | null> {
  const electronPath = path.join(stockElectronFolder(cacheRoot), 'electron');
  // The folder was published complete, so one file stands for all.
  return stockElectronFits() && (await exists(electronPath)) ? electronPath : null;
}

export function stockRuntime(electronPath: string, because: string): PresentElectron {
  return {
    electronPath,
    version: STOCK_ELECTRON_VERSION,
    source: 'stock',
    why: `stock Electron ${STOCK_ELECTRON_VERSION} from npm (${because.replace(/\.$/, '')})`,
  };
}

/** What the `electron` package's own installer has put in place, when it is complete and of that package's version. */
async function installedElectron(packageFolder: string): Promise<PresentElectron | null> {
  const folder = path.join(packageFolder, 'node_modules', 'electron');
  const relative = await readFile(path.join(folder, 'path.txt'), 'utf8').catch(() => null);
  if (relative === null) return null;
  const electronPath = path.join(folder, 'dist', relative.trim());
  const manifest: unknown = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8'));
  const version = await versionBeside(path.join(folder, 'dist', 'electron'));
  const wanted = typeof manifest === 'object' && manifest !== null && 'version' in manifest ? manifest.version : null;
  if (version !== wanted || !(await exists(electronPath))) return null;
  return { electronPath, version, source: 'installed', why: `Electron ${version} from node_modules` };
}

/** Electron's archives hold a file `version` beside the program. */
async function versionBeside(electronPath: string): Promise<string> {
  const text = await readFile(path.join(path.dirname(electronPath), 'version'), 'utf8').catch(() => 'unknown');
  return text.trim().replace(/^v/, '');
}
