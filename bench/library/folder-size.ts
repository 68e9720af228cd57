import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { exists } from '../../src/images/packages/cache.ts';
import { libraryPaths } from '../../src/library/paths.ts';

/** Bytes of all files below a folder, as long as they are. */
export async function folderBytes(folder: string): Promise<number> {
  let sum = 0;
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) sum += (await stat(path.join(entry.parentPath, entry.name))).size;
  }
  return sum;
}

/** Of the states in a library and all they need. */
export async function storeBytes(home: string): Promise<number> {
  const { states, packs } = libraryPaths(home);
  return (await folderBytes(states)) + ((await exists(packs)) ? await folderBytes(packs) : 0);
}
