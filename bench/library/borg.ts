import path from 'node:path';
import { folderBytes } from './folder-size.ts';
import type { Keeper } from './keeper.ts';
import { outputOf, type Tool } from './tools.ts';

/** Without encryption, otherwise with its own settings: compression lz4. */
export function borgKeeper(tool: Tool): Keeper {
  return {
    name: 'borg',
    open: async (folder) => {
      const repository = path.join(folder, 'repository');
      const env = {
        ...tool.env,
        BORG_BASE_DIR: path.join(folder, 'base'),
        BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK: 'yes',
      };
      await outputOf(tool.command, ['init', '--encryption=none', repository], env);
      const archive = (name: string): string => `${repository}::${name.replaceAll(' ', '-')}`;
      return {
        save: async ({ name, rawPath }) => {
          await outputOf(tool.command, ['create', archive(name), rawPath], env);
          return null;
        },
        restore: async ({ name, rawPath }, into) => {
          await outputOf(tool.command, ['extract', archive(name)], env, into);
          return { path: path.join(into, rawPath), insideMs: null };
        },
        sizeBytes: () => folderBytes(repository),
        close: () => Promise.resolve(),
      };
    },
  };
}
