/** The build that interrupted.vm.test.ts gives up; and, started as a program, a process to kill while it builds. */
import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import path from 'node:path';
import { Library } from '../library/library.ts';
import type { ImageManifest } from '../shared/model/image.ts';
import type { MachineParts } from './base-snapshot.ts';
import { buildImage } from './build.ts';
import { cacheRoot } from './packages/cache.ts';

const PROJECT = path.resolve(import.meta.dirname, '..', '..');
const FIRST_BOOT_STEP = 3;

/** Before the machine is started, and from then on. */
export type Part = 'before' | 'boot';

/** @param onReport at each report of progress */
export function buildRecipe(
  library: Library,
  recipe: string,
  { parts, signal, onReport }: { parts: MachineParts; signal: AbortSignal; onReport: (part: Part) => void },
): Promise<ImageManifest> {
  return buildImage(
    { recipe, name: null, kernel: null, memoryMib: null, extraPackages: [] },
    {
      library,
      cacheRoot: cacheRoot(),
      resourcesFolder: path.join(PROJECT, 'resources'),
      parts,
      signal,
      onProgress: ({ stepIndex }) => onReport(stepIndex < FIRST_BOOT_STEP ? 'before' : 'boot'),
      warn: () => undefined,
    },
  );
}

/** Arguments: home, recipe, the machine's parts as JSON. Says each report before it goes on. */
async function main([home = '', recipe = '', parts = '']: readonly string[]): Promise<void> {
  const { library } = await Library.open(home, { now: Date.now, randomBytes: (count) => randomBytes(count) });
  await buildRecipe(library, recipe, {
    parts: JSON.parse(parts) as MachineParts,
    signal: new AbortController().signal,
    onReport: (part) => {
      writeSync(1, `${part}\n`);
    },
  });
}

if (process.argv[1] === import.meta.filename) await main(process.argv.slice(2));
