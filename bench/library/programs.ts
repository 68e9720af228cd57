import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { bundlePrograms } from '../../src/headless/bundle-programs.fixture.ts';

const PROJECT = path.resolve(import.meta.dirname, '..', '..');
const FOLDER = path.join(PROJECT, 'node_modules', '.cache', 'terrarium', 'bench-library');

/** Programs that use the library, built as ours are. */
export interface StorePrograms {
  /** Does one thing and ends. */
  readonly programPath: string;
  /** Runs until it is killed, and its thread. */
  readonly serverPath: string;
  readonly threadPath: string;
}

export async function buildStorePrograms(): Promise<StorePrograms> {
  await mkdir(FOLDER, { recursive: true });
  await bundlePrograms({
    entryPoints: {
      'store-program': path.join(import.meta.dirname, 'store-program.ts'),
      'store-server': path.join(import.meta.dirname, 'store-server.ts'),
      'page-worker': path.join(PROJECT, 'src', 'library', 'pages', 'entry-thread.ts'),
    },
    outdir: FOLDER,
    outExtension: { '.js': '.mjs' },
  });
  const at = (name: string): string => path.join(FOLDER, `${name}.mjs`);
  return { programPath: at('store-program'), serverPath: at('store-server'), threadPath: at('page-worker') };
}
