import { createHash } from 'node:crypto';
import type { Recipe } from './load-recipe.ts';

/** Of all in a recipe that an image is made of, with what it is based on; how it is described is no reason to build anew. */
export function recipeSha256(recipe: Recipe): string {
  const { name, base, packages, sources, files, commands, memoryMib, kernel, network } = recipe;
  const laid = files.map(({ path, mode, content }) => [path, mode, sha256(content)]);
  const inputs = [name, base, packages, laid, commands, memoryMib, kernel, network];
  // A recipe without further sources has the hash that it had before there were any.
  return sha256(JSON.stringify(sources.length === 0 ? inputs : [...inputs, sources]));
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
