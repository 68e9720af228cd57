import path from 'node:path';
import { FailureError } from '../../src/shared/result.ts';
import { folderBytes } from './folder-size.ts';
import type { Keeper } from './keeper.ts';
import { outputOf, type Tool } from './tools.ts';

/** With its own settings: compression `auto`, encryption always. */
export function resticKeeper(tool: Tool): Keeper {
  return {
    name: 'restic',
    open: async (folder) => {
      const repository = path.join(folder, 'repository');
      const env = {
        ...tool.env,
        RESTIC_REPOSITORY: repository,
        RESTIC_PASSWORD: 'benchmark',
        RESTIC_CACHE_DIR: path.join(folder, 'cache'),
      };
      const restic = (...args: string[]): Promise<string> => outputOf(tool.command, args, env);
      await restic('init');
      const ids = new Map<string, string>();
      return {
        save: async ({ name, rawPath }) => {
          const output = await restic('backup', rawPath);
          const id = /snapshot ([0-9a-f]+) saved/.exec(output)?.[1];
          if (id === undefined) throw new FailureError('io', `restic named no snapshot: ${output}`);
          ids.set(name, id);
          return null;
        },
        restore: async ({ name, rawPath }, into) => {
          await restic('restore', ids.get(name) ?? 'latest', '--target', into);
          return { path: path.join(into, rawPath), insideMs: null };
        },
        sizeBytes: () => folderBytes(repository),
        close: () => Promise.resolve(),
      };
    },
  };
}
