import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import path from 'node:path';
import type { KernelChoice, RecipeNetwork } from '../../shared/model/image.ts';
import { FailureError } from '../../shared/result.ts';
import { COMMANDS_MAX, FILES_MAX, PACKAGES_MAX, parseRecipe } from './parse-recipe.ts';
import { excerpt, RECIPE_MAX_BYTES, recipeFault } from './recipe-text.ts';
import { RECIPE_ENDING, type RecipeBase, type RecipeDocument } from './recipe.ts';

/** A recipe with all that it is based on: nothing is left to be looked up but the files' contents. */
export interface Recipe {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly base: Exclude<RecipeBase, { kind: 'recipe' }>;
  readonly packages: readonly string[];
  /** Files of this computer's apt settings, without their endings, whose packages count besides Debian's. */
  readonly sources: readonly string[];
  readonly files: readonly LaidFile[];
  readonly commands: readonly string[];
  readonly memoryMib: number;
  readonly kernel: KernelChoice;
  readonly network: RecipeNetwork | null;
}

/** A file that goes into the image. */
export interface LaidFile {
  /** In the guest, absolute. */
  readonly path: string;
  readonly mode: number;
  readonly content: Uint8Array;
}

const BASES_MAX = 8;
const FILE_MAX_BYTES = 16 * 1024 * 1024;
const FILES_MAX_BYTES = 64 * 1024 * 1024;
/** Enough for the programs of such a base to start; a VM may be given another amount. */
export const DEFAULT_MEMORY_MIB: Record<Recipe['base']['kind'], number> = {
  tiny: 256,
  alpine: 256,
  debian: 512,
  tarball: 512,
};

/**
 * Reads a recipe's file, the recipes it is based on and the files it lays into the image. A recipe may be anybody's: it
 * reaches nothing outside its own folder, also not by a symbolic link.
 * @param shippedFolder where recipes are that can be named without a path
 * @throws FailureError `not-found`, `bad-input` with file, line and column, `limit`
 */
export async function loadRecipe(file: string, shippedFolder: string): Promise<Recipe> {
  const chain: { document: RecipeDocument; folder: string }[] = [];
  for (let next = file; ;) {
    const real = await realpath(next).catch((cause: unknown) => {
      throw unreadable(next, cause);
    });
    const bytes = await readBounded(real, RECIPE_MAX_BYTES, () => tooLarge(next, RECIPE_MAX_BYTES));
    const document = parseRecipe(bytes, path.basename(next));
    const folder = path.dirname(real);
    chain.push({ document, folder });
    const { base } = document;
    if (base.kind !== 'recipe') break;
    if (chain.length >= BASES_MAX)
      throw recipeFault(
        document.file,
        document.basedAt,
        `Recipes are based on each other ${BASES_MAX} deep, or in a circle. Mend one of them.`,
      );
    const isFile = isRecipeFile(base.name);
    const found = isFile
      ? await besideRecipe(folder, base.name)
      : await besideRecipe(shippedFolder, `${base.name}${RECIPE_ENDING}`);
    if (found === null)
      throw recipeFault(
        document.file,
        document.basedAt,
        `There is no recipe “${excerpt(base.name)}”${isFile ? ' beside this one' : ''}. See what there is: terrarium image recipes`,
      );
    next = found;
  }
  return joined(chain);
}

/** Whether a person means a file, not one of the shipped recipes. */
export function isRecipeFile(word: string): boolean {
  return /[/\\]/.test(word) || word.endsWith(RECIPE_ENDING);
}

/** What a recipe says goes before what it is based on says; lists are joined, the base's first. */
async function joined(chain: readonly { document: RecipeDocument; folder: string }[]): Promise<Recipe> {
  const [own] = chain;
  const root = chain.at(-1);
  if (own === undefined || root === undefined || root.document.base.kind === 'recipe')
    throw new Error('a recipe has no base');
  const { base } = root.document;
  const documents = chain.map(({ document }) => document);
  const firstOf = <T>(read: (document: RecipeDocument) => T | null): T | null =>
    documents.map(read).find((value) => value !== null) ?? null;
  const fromBase = [...chain].reverse();
  const files = new Map<string, LaidFile>();
  let totalBytes = 0;
  for (const { document, folder } of fromBase) {
    for (const laid of await filesOf(document, folder)) {
      totalBytes += laid.content.byteLength;
      if (totalBytes > FILES_MAX_BYTES || files.size >= FILES_MAX)
        throw new FailureError(
          'limit',
          `${document.file}: A recipe’s files can be ${FILES_MAX} with ${FILES_MAX_BYTES / 1024 ** 2} MiB together; these are more.`,
        );
      files.set(laid.path, laid);
    }
  }
  for (const { sources, file } of documents) {
    const [first] = sources;
    if (first !== undefined && base.kind !== 'debian')
      throw recipeFault(file, first.at, 'Sources are apt’s: only a recipe that begins as Debian can name them.');
  }
  const sources = [...new Set(fromBase.flatMap(({ document }) => document.sources.map((source) => source.name)))];
  const packages = [...new Set(fromBase.flatMap(({ document }) => document.packages))];
  const commands = fromBase.flatMap(({ document }) => document.commands);
  if (packages.length > BASES_MAX * PACKAGES_MAX || commands.length > BASES_MAX * COMMANDS_MAX)
    throw new FailureError('limit', `${own.document.file}: The recipe and those it is based on ask for too much.`);
  const { name, title, description } = own.document;
  return {
    name,
    title,
    description,
    base:
      base.kind === 'tarball'
        ? { kind: 'tarball', path: await tarballOf(root.document, root.folder, base.path) }
        : base,
    packages,
    sources,
    files: [...files.values()],
    commands,
    memoryMib: firstOf(({ memoryMib }) => memoryMib) ?? DEFAULT_MEMORY_MIB[base.kind],
    kernel: firstOf(({ kernel }) => kernel) ?? 'auto',
    network: firstOf(({ network }) => network),
  };
}

async function filesOf(document: RecipeDocument, folder: string): Promise<LaidFile[]> {
  const laid: LaidFile[] = [];
  for (const { path: guestPath, mode, content, at } of document.files) {
    const { file } = document;
    if (content.kind === 'text') {
      laid.push({ path: guestPath, mode, content: new TextEncoder().encode(content.text) });
      continue;
    }
    const found = await besideRecipe(folder, content.name);
    if (found === null)
      throw recipeFault(
        file,
        at,
        `There is no file “${excerpt(content.name)}” beside the recipe, or it leads out of its folder.`,
      );
    const bytes = await readBounded(found, FILE_MAX_BYTES, () =>
      recipeFault(file, at, `“${excerpt(content.name)}” is no file, or larger than ${FILE_MAX_BYTES / 1024 ** 2} MiB.`),
    );
    laid.push({ path: guestPath, mode, content: bytes });
  }
  return laid;
}

async function tarballOf({ file, basedAt }: RecipeDocument, folder: string, name: string): Promise<string> {
  const found = await besideRecipe(folder, name);
  if (found !== null) return found;
  throw recipeFault(
    file,
    basedAt,
    `There is no tarball “${excerpt(name)}” beside the recipe, or it leads out of its folder.`,
  );
}

/** A file's real path, or null when it is not there or lies, links followed, outside the folder. */
async function besideRecipe(folder: string, name: string): Promise<string | null> {
  const [root, real] = await Promise.all([realpath(folder), realpath(path.join(folder, name)).catch(() => null)]);
  return real?.startsWith(root + path.sep) === true ? real : null;
}

/** A plain file's bytes; what has grown or is a pipe is not waited for. */
async function readBounded(file: string, maxBytes: number, refuse: () => Error): Promise<Uint8Array> {
  const handle = await open(file, OPEN_FLAGS).catch((cause: unknown) => {
    throw unreadable(file, cause);
  });
  try {
    const { size } = await handle.stat().then((found) => (found.isFile() ? found : { size: Infinity }));
    if (size > maxBytes) throw refuse();
    const bytes = Buffer.alloc(size);
    const { bytesRead } = await handle.read(bytes, 0, size, 0);
    return bytes.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** Opening a pipe would wait for somebody to write into it. Windows has neither. */
const OPEN_FLAGS = process.platform === 'win32' ? 'r' : constants.O_RDONLY | constants.O_NONBLOCK;

function tooLarge(file: string, maxBytes: number): FailureError {
  return new FailureError(
    'limit',
    `“${path.basename(file)}” is no file, or larger than ${maxBytes / 1024} KiB, as no recipe is.`,
  );
}

function unreadable(file: string, cause: unknown): FailureError {
  const isAbsent = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
  return new FailureError(
    isAbsent ? 'not-found' : 'io',
    isAbsent
      ? `There is no file “${file}”.`
      : `“${file}” could not be read: ${cause instanceof Error ? cause.message : ''}`,
    { cause },
  );
}
