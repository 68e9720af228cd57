import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { storeBytes } from './folder-size.ts';
import type { Keeper } from './keeper.ts';
import type { StorePrograms } from './programs.ts';
import type { StoreOutcome } from './store-program.ts';
import { outputOf } from './tools.ts';

/** Our library, each time in a process of its own. */
export function ourKeeper({ programPath }: StorePrograms): Keeper {
  const program = async (...args: string[]): Promise<StoreOutcome> =>
    JSON.parse(await outputOf(process.execPath, [programPath, ...args])) as StoreOutcome;
  return {
    name: 'ours',
    open: (folder) => {
      const home = path.join(folder, 'home');
      return Promise.resolve({
        save: async ({ rawPath, manifest }) => {
          const manifestPath = path.join(folder, `${manifest.id}.json`);
          await writeFile(manifestPath, JSON.stringify(manifest));
          return (await program('save', home, rawPath, manifestPath)).insideMs;
        },
        restore: async ({ manifest }, into) => {
          const file = path.join(into, 'state.bin');
          return { path: file, insideMs: (await program('restore', home, manifest.id, file)).insideMs };
        },
        sizeBytes: () => storeBytes(home),
        close: () => Promise.resolve(),
      });
    },
  };
}
