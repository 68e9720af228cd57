import type { BlobRef } from '../../shared/model/image.ts';
import type { FileMeta, FsTree } from '../fs-tree.ts';
import { COMMANDS_FOLDER, COMMANDS_PROGRAM, commandsProgram } from './build-commands.ts';
import type { Recipe } from './load-recipe.ts';

const PROGRAM: FileMeta = { mode: 0o755, uid: 0, gid: 0, mtimeS: 0 };

/** Puts a recipe's files, and its commands for the first boot, into the image: last, so that its files are what counts. */
export async function layRecipe(
  tree: FsTree,
  { files, commands }: Pick<Recipe, 'files' | 'commands'>,
  keep: (bytes: Uint8Array) => Promise<BlobRef>,
): Promise<void> {
  for (const { path, mode, content } of files)
    tree.addFile(path.slice(1), { mode, uid: 0, gid: 0, mtimeS: 0 }, await keep(content));
  if (commands.length === 0) return;
  const text = (content: string): Promise<BlobRef> => keep(new TextEncoder().encode(content));
  const { program, scripts } = commandsProgram(commands);
  tree.addFile(COMMANDS_PROGRAM, PROGRAM, await text(program));
  for (const [name, script] of scripts) tree.addFile(`${COMMANDS_FOLDER}/${name}`, PROGRAM, await text(script));
}
