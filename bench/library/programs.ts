import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { bundlePrograms } from '../../src/headless/bundle-programs.fixture.ts';

const FOLDER = path.resolve(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'terrarium', 'bench-library');

/** The program that uses the library, built as ours are. @returns its path */
export async function buildStoreProgram(): Promise<string> {
  await mkdir(FOLDER, { recursive: true });
  await bundlePrograms({
    entryPoints: [path.join(import.meta.dirname, 'store-program.ts')],
    outdir: FOLDER,
    outExtension: { '.js': '.mjs' },
  });
  return path.join(FOLDER, 'store-program.mjs');
}
