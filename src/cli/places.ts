import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { cacheRoot } from '../images/packages/cache.ts';
import { Library } from '../library/library.ts';
import { dataFolder } from '../library/paths.ts';
import type { MachineParts } from '../machine/node-endpoint.ts';

export interface CliPlaces {
  readonly cacheRoot: string;
  readonly resourcesFolder: string;
  readonly parts: MachineParts;
  openLibrary(): Promise<Library>;
}

/** Where the command, built into out/main, finds everything. */
export function cliPlaces(): CliPlaces {
  const root = path.resolve(import.meta.dirname, '..', '..');
  return {
    cacheRoot: cacheRoot(process.env, process.platform),
    resourcesFolder: path.join(root, 'resources'),
    parts: {
      workerPath: path.join(import.meta.dirname, 'machine-worker.js'),
      wasmPath: path.join(root, 'node_modules', 'v86', 'build', 'v86.wasm'),
    },
    openLibrary: () =>
      Library.join(dataFolder(process.env, process.platform), {
        now: Date.now,
        randomBytes: (count) => randomBytes(count),
      }),
  };
}
