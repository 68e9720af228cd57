import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { MachineParts } from '../machine/node-endpoint.ts';
import { FailureError } from '../shared/result.ts';

const WORKER_FILE = 'machine-worker.js';

/**
 * Where a built package has the parts of a machine: the worker beside the program, or one folder above the chunk of it
 * that this code is in.
 */
export function installedParts(folder: string = import.meta.dirname): MachineParts {
  const candidates = [folder, path.dirname(folder)].map((place) => path.join(place, WORKER_FILE));
  const workerPath = candidates.find((file) => existsSync(file));
  if (workerPath === undefined) {
    throw new FailureError(
      'missing-tool',
      'Terrarium’s machine worker is not where the package has it. Build the package first (npm run build).',
    );
  }
  return { workerPath, wasmPath: createRequire(import.meta.url).resolve('v86/build/v86.wasm') };
}

/** The program that writes states in a thread of its own; it lies beside the machine's. */
export function installedPageWorker({ workerPath }: MachineParts): string {
  return path.join(path.dirname(workerPath), 'page-worker.js');
}
