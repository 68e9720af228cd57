import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { cacheRoot } from '../images/packages/cache.ts';
import type { Library } from '../library/library.ts';
import { dataFolder } from '../library/paths.ts';
import type { MachineParts } from '../machine/node-endpoint.ts';

export interface CliPlaces {
  /** Where package.json lies. */
  readonly packageFolder: string;
  /** The library's folder. */
  readonly home: string;
  readonly cacheRoot: string;
  readonly resourcesFolder: string;
  readonly parts: MachineParts;
  openLibrary(): Promise<Library>;
}

/**
 * Where the command finds everything.
 * @param programFolder the folder of the built command, `out/main` of the package
 */
export function cliPlaces(programFolder: string): CliPlaces {
  const packageFolder = path.resolve(programFolder, '..', '..');
  const home = dataFolder(process.env, process.platform);
  return {
    packageFolder,
    home,
    cacheRoot: cacheRoot(process.env, process.platform),
    resourcesFolder: path.join(packageFolder, 'resources'),
    parts: {
      workerPath: path.join(programFolder, 'machine-worker.js'),
      wasmPath: path.join(packageFolder, 'node_modules', 'v86', 'build', 'v86.wasm'),
    },
    openLibrary: async () => {
      // Half of the commands need none, and all of them start.
      const { Library } = await import('../library/library.ts');
      return Library.join(home, {
        now: Date.now,
        randomBytes: (count) => randomBytes(count),
        program: 'command',
        pageWorker: path.join(programFolder, 'page-worker.js'),
      });
    },
  };
}
